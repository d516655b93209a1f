/** The rules by name, and the profiles: which rules a published pipeline runs, in which order, with which options. */
import { optionType } from "../core/index.ts";
import { type C4Options, c4Rule } from "./c4.ts";
import { type FinewebOptions, finewebRule } from "./fineweb.ts";
import { type GopherQualityOptions, gopherQualityRule } from "./gopher-quality.ts";
import { type GopherRepetitionOptions, gopherRepetitionRule } from "./gopher-repetition.ts";
import type { Rule } from "./rule.ts";

/** A rule with thresholds of one's own: `{ rule: "gopher-quality", minWords: 20 }`. What is not given keeps its default. */
export type RuleConfig =
  | ({ readonly rule: "gopher-repetition" } & GopherRepetitionOptions)
  | ({ readonly rule: "gopher-quality" } & GopherQualityOptions)
  | ({ readonly rule: "c4" } & C4Options)
  | ({ readonly rule: "fineweb" } & FinewebOptions);

export type RuleName = RuleConfig["rule"];

/** A published pipeline and the tool whose decisions it gives. */
export type Profile = "fineweb@datatrove" | "gopher@datatrove" | "c4@datatrove";

const PROFILES: Readonly<Record<Profile, readonly RuleConfig[]>> = {
  // datatrove's examples/fineweb.py, from the language filter on.
  "fineweb@datatrove": [{ rule: "gopher-repetition" }, { rule: "gopher-quality" }, { rule: "c4", endMarks: null }, { rule: "fineweb" }],
  "gopher@datatrove": [{ rule: "gopher-repetition" }, { rule: "gopher-quality" }],
  "c4@datatrove": [{ rule: "c4" }],
};

const NAMES: readonly RuleName[] = ["gopher-repetition", "gopher-quality", "c4", "fineweb"];

/** @internal Makes the rules of the stage, with thresholds checked. */
export function resolveRules(stage: string, option: unknown): Rule[] {
  if (typeof option === "string" && Object.hasOwn(PROFILES, option)) return PROFILES[option as Profile].map(makeRule);
  if (!Array.isArray(option)) {
    const profiles = Object.keys(PROFILES).map((name) => `"${name}"`);
    throw optionType(stage, "rules", `an array of rules or a profile (${profiles.join(", ")})`, option);
  }
  return option.map((item: unknown, i) => {
    const name = typeof item === "object" && item !== null ? (item as { rule?: unknown }).rule : item;
    if (!(NAMES as readonly unknown[]).includes(name)) {
      throw optionType(stage, `rules[${i}]`, `${NAMES.map((known) => `"${known}"`).join(", ")} or an object with such a \`rule\``, item);
    }
    return makeRule(typeof item === "string" ? ({ rule: item } as RuleConfig) : (item as RuleConfig));
  });
}

function makeRule(config: RuleConfig): Rule {
  switch (config.rule) {
    case "gopher-repetition": {
      const { rule: _, ...options } = config;
      return gopherRepetitionRule(options);
    }
    case "gopher-quality": {
      const { rule: _, ...options } = config;
      return gopherQualityRule(options);
    }
    case "c4": {
      const { rule: _, ...options } = config;
      return c4Rule(options);
    }
    case "fineweb": {
      const { rule: _, ...options } = config;
      return finewebRule(options);
    }
  }
}

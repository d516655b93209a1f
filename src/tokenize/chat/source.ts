/** What `chat` takes as a template: text, or the fields of a `tokenizer_config.json`. */
import { optionType } from "../../core/index.ts";

/** One of several templates of a configuration. */
export interface NamedTemplate {
  readonly name: string;
  readonly template: string;
}

/** A special token as `tokenizer_config.json` writes it. */
export type ConfigToken = string | { readonly content: string } | null;

/** The fields of a `tokenizer_config.json` that concern chat templates; others are ignored. */
export interface TokenizerConfig {
  readonly chat_template?: string | readonly NamedTemplate[] | null;
  readonly bos_token?: ConfigToken;
  readonly eos_token?: ConfigToken;
  readonly unk_token?: ConfigToken;
  readonly sep_token?: ConfigToken;
  readonly pad_token?: ConfigToken;
  readonly cls_token?: ConfigToken;
  readonly mask_token?: ConfigToken;
  readonly additional_special_tokens?: readonly ConfigToken[] | null;
  readonly added_tokens_decoder?: Readonly<Record<string, { readonly content: string; readonly special?: boolean }>>;
}

/** A template and what its configuration says. */
export interface TemplateSource {
  readonly template: string;
  /** For conversations with tools, where the configuration has a template of its own for them. */
  readonly toolTemplate: string;
  /** `bos_token`, `eos_token` and their like, as the template finds them. */
  readonly tokens: ReadonlyMap<string, string>;
  /** The special tokens the configuration lists; undefined when it lists none. */
  readonly special: readonly string[] | undefined;
}

const TOKENS = ["bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token"] as const;

/** Reads the first argument of `chat`. Throws TypeError when it holds no template, or not the one that is named. */
export function readSource(stage: string, given: string | TokenizerConfig, name: string | undefined): TemplateSource {
  if (typeof given === "string") {
    if (name !== undefined) throw optionType(stage, "templateName", "left out for a template given as text", name);
    return { template: given, toolTemplate: given, tokens: new Map(), special: undefined };
  }
  if (typeof given !== "object" || given === null) {
    throw optionType(stage, "template", "a chat template or the contents of a tokenizer_config.json", given);
  }
  const tokens = new Map<string, string>();
  for (const field of TOKENS) {
    const text = textOf(given[field]);
    if (text !== undefined) tokens.set(field, text);
  }
  const listed = [
    ...tokens.values(),
    ...(given.additional_special_tokens ?? []).map(textOf),
    ...Object.values(given.added_tokens_decoder ?? {}).map((token) => (token.special === true ? token.content : undefined)),
  ].filter((text) => text !== undefined && text !== "");
  return { ...templatesOf(stage, given.chat_template, name), tokens, special: listed.length === 0 ? undefined : (listed as string[]) };
}

function templatesOf(
  stage: string,
  field: TokenizerConfig["chat_template"],
  name: string | undefined,
): { readonly template: string; readonly toolTemplate: string } {
  if (typeof field === "string" && name === undefined) return { template: field, toolTemplate: field };
  const all = typeof field === "string" ? [{ name: "default", template: field }] : field;
  if (!Array.isArray(all) || all.some((one) => typeof one?.name !== "string" || typeof one.template !== "string")) {
    throw optionType(stage, "template.chat_template", "a template or a list of { name, template }", field);
  }
  const named = (wanted: string): string | undefined => all.find((one) => one.name === wanted)?.template;
  const template = named(name ?? "default");
  if (template === undefined) {
    const known = all.map((one) => one.name).join(", ") || "none";
    throw new TypeError(`${stage}: there is no template named ${JSON.stringify(name ?? "default")}; the configuration has ${known}`);
  }
  // As transformers chooses, when the caller names none.
  return { template, toolTemplate: name === undefined ? (named("tool_use") ?? template) : template };
}

function textOf(token: ConfigToken | undefined): string | undefined {
  if (typeof token === "string") return token;
  return typeof token?.content === "string" ? token.content : undefined;
}

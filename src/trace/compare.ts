/** What differs between the configurations of two runs. */
import { canonicalJson, differingParts, type Json } from "../core/index.ts";
import type { Manifest } from "./manifest.ts";

/** The part of a manifest that is known before a run: two runs that share it are the same command. */
export interface Configuration extends Pick<Manifest, "versions" | "seed" | "sink"> {
  readonly stages: readonly { readonly name: string; readonly config: Json }[];
}

/** One thing that differs; of objects only the fields that do. Null stands for what is not there. */
export interface Change {
  /** "the seed", "the version of unicode", "the stages", "the configuration of clean", "the sink". */
  readonly what: string;
  readonly was: Json;
  readonly is: Json;
}

const STAGES = "the stages";

/** All differences between two configurations. A stage that only one of them has is named by the list of stages alone. */
export function configurationChanges(was: Configuration, is: Configuration): readonly Change[] {
  const changes: Change[] = [];
  const compare = (what: string, before: Json | undefined, after: Json | undefined): void => {
    const [a, b] = differingParts(before ?? null, after ?? null);
    if (canonicalJson(a) !== canonicalJson(b)) changes.push({ what, was: a, is: b });
  };
  compare("the seed", was.seed, is.seed);
  for (const name of new Set([...Object.keys(was.versions), ...Object.keys(is.versions)])) {
    compare(`the version of ${name}`, was.versions[name], is.versions[name]);
  }
  const names = ({ stages }: Configuration): string[] => stages.map((stage) => stage.name);
  const [before, after] = [names(was), names(is)];
  if (canonicalJson(before) !== canonicalJson(after)) changes.push({ what: STAGES, was: before, is: after });
  for (const { name, config } of is.stages) {
    const earlier = was.stages.find((stage) => stage.name === name);
    if (earlier !== undefined) compare(`the configuration of ${name}`, earlier.config, config);
  }
  compare("the sink", { ...was.sink }, { ...is.sink });
  return changes;
}

/** A change as part of a sentence: "the seed was 1 and is now 2". */
export function describeChange({ what, was, is }: Change): string {
  if (what === STAGES) return `the stages were ${(was as string[]).join(", ")} and are now ${(is as string[]).join(", ")}`;
  return `${what} was ${canonicalJson(was)} and is now ${canonicalJson(is)}`;
}

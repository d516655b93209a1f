/**
 * The plan of a run: everything the result depends on, as plain data. Two runs with equal plans give equal bytes, and a run is
 * continued only under the plan it was begun with. `plan.json` is written once and never changed; its hash names the work.
 */
import { createHash } from "node:crypto";
import {
  canonicalJson,
  differingParts,
  type Job,
  type Json,
  type OnError,
  PipelineError,
  type PlannedInput,
  type Split,
  type Step,
  VERSION,
} from "../core/index.ts";
import { codeOf } from "./code.ts";
import { checkExclusions, exclusionsOf } from "./exclusions.ts";
import { type Phase, phasesOf } from "./phases.ts";

export const PLAN_FORMAT = "millrace-plan";
export const PLAN_VERSION = 1;

/** A stage, or the source, or the sink, of the plan. */
export interface PlannedStage {
  readonly name: string;
  readonly config: Json;
  /** Digest of the text of the functions it is made of. */
  readonly code: string;
}

/** The exclusions sink of the plan, and the pattern it was asked for with; null when the job brought it along. */
export interface PlannedExclusions extends PlannedStage {
  readonly pattern: string | null;
}

export interface Plan {
  readonly format: typeof PLAN_FORMAT;
  readonly version: typeof PLAN_VERSION;
  /** SHA-256 of all other fields, in hex. */
  readonly hash: string;
  /** What the bytes depend on beside the configuration. */
  readonly versions: Readonly<Record<string, string>>;
  readonly seed: number;
  readonly onError: OnError;
  /** Digest of the module that makes the job, and of the modules it imports by a relative path; null without a module. */
  readonly code: string | null;
  readonly stages: readonly PlannedStage[];
  readonly sink: PlannedStage;
  /** Absent when the run keeps no exclusions. */
  readonly exclusions?: PlannedExclusions;
  /** Bytes of a split, as asked for; null: {@link splitBytesFor} the whole input. */
  readonly splitBytes: number | null;
  readonly phases: readonly Phase[];
  readonly inputs: readonly PlannedInput[];
  readonly splits: readonly Split[];
}

export interface PlanOptions {
  /** Seed of every random decision. Default: the job's own, or 0. */
  readonly seed?: number;
  /** What a bad record does. Default: the job's own, or "throw". */
  readonly onError?: OnError;
  /**
   * Bytes of input for one task, about: 1 to 2^53. Compressed files count threefold. Default: a 64th of the input, at least 8 and at
   * most 64 MiB. It decides where shards end, so it is part of the plan.
   */
  readonly splitBytes?: number;
  /**
   * Keep every dropped record, with the text it had when it was read, as JSON lines under this pattern, such as
   * "dropped/{shard}.jsonl.gz", with a manifest `exclusions-manifest.json` beside them. On the file system of the output. Default: the
   * exclusions sink the job was made with, if any.
   */
  readonly exclusions?: string;
  readonly signal?: AbortSignal;
}

const MIB = 1024 * 1024;

/**
 * Bytes of a split where nobody asked for a size, by those of the whole input and never by the workers: tasks enough that eight or
 * more workers end at about the same time, and not so many that starting and committing them is felt (some 10 ms each).
 */
export function splitBytesFor(total: number): number {
  return Math.min(64 * MIB, Math.max(8 * MIB, Math.ceil(total / 64)));
}

/** Makes the plan of a job: lists and cuts its inputs, without reading them. `code` is the digest of its module. */
export async function makePlan(job: Job, options: PlanOptions = {}, code: string | null = null): Promise<Plan> {
  const { steps, options: own } = partsOf(job);
  refuseUnplannable(job);
  const exclusions = exclusionsOf(partsOf(job), options.exclusions);
  if (exclusions !== undefined) checkExclusions(exclusions, partsOf(job).sink);
  const { splitBytes = null, signal } = options;
  const bytes = splitBytes ?? splitBytesFor;
  const cut = (steps[0] as Step).source?.splits;
  const whole = { inputs: [], splits: [[]] };
  const found = cut === undefined ? whole : await cut.plan(signal === undefined ? { bytes } : { bytes, signal });
  const plan = {
    format: PLAN_FORMAT,
    version: PLAN_VERSION,
    versions: { millrace: VERSION, unicode: process.versions["unicode"] ?? "unknown" },
    seed: options.seed ?? own.seed ?? 0,
    onError: options.onError ?? own.onError ?? "throw",
    code,
    ...describeStages(job, options.exclusions ?? null),
    splitBytes,
    phases: phasesOf(steps, found.splits, found.inputs),
    inputs: found.inputs,
    splits: found.splits,
  } as const;
  return { ...plan, hash: hashOf(plan) };
}

/** What a plan says of the parts of a job. */
type Described = Pick<Plan, "stages" | "sink" | "exclusions">;

function describeStages(job: Job, pattern: string | null): Described {
  const { steps, sink } = partsOf(job);
  const exclusions = exclusionsOf(partsOf(job), pattern);
  const kept = exclusions && { name: exclusions.name, config: configOf(exclusions.config), code: codeOf(exclusions), pattern };
  return {
    stages: steps.map((step) => ({ name: step.name, config: step.config, code: codeOf(step.source ?? step.stage) })),
    sink: { name: sink.name, config: configOf(sink.config), code: codeOf(sink) },
    ...(kept === undefined ? {} : { exclusions: kept }),
  };
}

/**
 * The stages of a job as a worker compares them with its plan's: names and options. The text of functions is taken from the plan,
 * since a worker may have got it through another loader.
 */
export function describeJob(job: Job, plan: Plan): Described {
  const { stages, sink, exclusions } = describeStages(job, plan.exclusions?.pattern ?? null);
  return {
    stages: stages.map((stage, i) => ({ ...stage, code: plan.stages[i]?.code ?? "" })),
    sink: { ...sink, code: plan.sink.code },
    ...(exclusions === undefined ? {} : { exclusions: { ...exclusions, code: plan.exclusions?.code ?? "" } }),
  };
}

/** What a job is made of. Throws when it comes from another copy of the library, which keeps that to itself. */
export function partsOf(job: Job): Job["parts"] {
  if (job.parts !== undefined) return job.parts;
  throw new TypeError("run: expected a job that this copy of millrace made with `pipeline.write(sink)`");
}

function hashOf(plan: Omit<Plan, "hash">): string {
  return createHash("sha256")
    .update(canonicalJson(plan as unknown as Json))
    .digest("hex");
}

function configOf(config: unknown): Json {
  return config === undefined ? null : (JSON.parse(JSON.stringify(config)) as Json);
}

/** Refuses a job whose result would depend on how it is spread, and says which stage is to blame. */
function refuseUnplannable(job: Job): void {
  const { steps, sink, options } = partsOf(job);
  const refuse = (stage: string, why: string): never => {
    throw new PipelineError({ kind: "unplannable", stage, message: `cannot take part in a planned run: ${why}` });
  };
  if (sink.planned === undefined) refuse(sink.name, "it has no way to put the parts of several tasks together");
  if (options.state !== undefined) refuse("restore", "a planned run continues from its own records, not from a state");
  for (const { name, stage, config, source } of steps) {
    const worker = (config as { readonly worker?: { readonly count?: number } } | null)?.worker;
    if (source !== undefined && worker?.count !== undefined && worker.count !== 1) {
      refuse(name, "it reads a worker's share already; leave `worker` out, the plan shares the input");
    }
    if (stage === undefined || stage.corpusWide !== undefined || (stage.splittable ?? stage.stateless) === true) continue;
    const why = "what it passes on may depend on the records before, which other tasks read";
    refuse(name, `${why}; declare it \`splittable: true\` if it decides about each record by itself`);
  }
}

/** What differs between the plan a run was begun with and the one of this command, in words; empty when nothing does. */
export function planDifferences(was: Plan, is: Plan): readonly string[] {
  const found: string[] = [];
  const compare = (what: string, before: unknown, after: unknown): void => {
    const [a, b] = differingParts((before ?? null) as Json, (after ?? null) as Json).map(canonicalJson);
    if (a !== b) found.push(`${what} was ${a} and is now ${b}`);
  };
  for (const name of new Set([...Object.keys(was.versions), ...Object.keys(is.versions)])) {
    compare(`the version of ${name}`, was.versions[name], is.versions[name]);
  }
  compare("the seed", was.seed, is.seed);
  compare("`onError`", was.onError, is.onError);
  compare("the size of a split", was.splitBytes ?? "the default", is.splitBytes ?? "the default");
  found.push(...stageDifferences(was, is));
  if (found.length === 0 && was.code !== is.code) found.push("the code of the pipeline's module, or of a module it imports, has changed");
  found.push(...inputDifferences(was.inputs, is.inputs));
  if (found.length === 0 && was.hash !== is.hash) found.push("the input is cut in another way");
  return found;
}

/** Names, options and code of the stages: what a worker can check as well. */
export function stageDifferences(was: Described, is: Described): readonly string[] {
  const names = (plan: Described): string => [...plan.stages, plan.sink].map((stage) => stage.name).join(", ");
  if (names(was) !== names(is)) return [`the stages were ${names(was)} and are now ${names(is)}`];
  const found: string[] = [];
  const after = [...is.stages, is.sink];
  for (const [i, stage] of [...was.stages, was.sink].entries()) {
    const other = after[i] as PlannedStage;
    if (canonicalJson(stage.config) !== canonicalJson(other.config)) {
      const [a, b] = differingParts(stage.config, other.config).map(canonicalJson);
      found.push(`the options of ${stage.name} were ${a} and are now ${b}`);
    } else if (stage.code !== other.code) found.push(`the code of ${stage.name} has changed`);
  }
  const [a, b] = [was.exclusions, is.exclusions].map(shownExclusions);
  if (a !== b) found.push(`exclusions were ${a} and are now ${b}`);
  else if (was.exclusions?.code !== is.exclusions?.code) found.push(`the code of ${is.exclusions?.name} has changed`);
  return found;
}

function shownExclusions(exclusions: PlannedExclusions | undefined): string {
  if (exclusions === undefined) return "not kept";
  const { name, config, pattern } = exclusions;
  return `kept by ${name} with ${canonicalJson(config)}${pattern === null ? "" : ` as ${pattern}`}`;
}

function inputDifferences(was: readonly PlannedInput[], is: readonly PlannedInput[]): readonly string[] {
  const before = new Map(was.map((input) => [input.name, input]));
  const found: string[] = [];
  for (const { name, size, mtime } of is) {
    const old = before.get(name);
    before.delete(name);
    if (old === undefined) found.push(`the input ${name} is new`);
    else if (old.size !== size) found.push(`the input ${name} had ${old.size} bytes and has ${size}`);
    else if (old.mtime !== mtime) found.push(`the input ${name} was changed`);
  }
  for (const name of before.keys()) found.push(`the input ${name} is gone`);
  const shown = found.slice(0, 3);
  return found.length > shown.length ? [...shown, `and ${found.length - shown.length} more inputs differ`] : shown;
}

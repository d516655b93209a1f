/** Runs `millrace dedupe audit`: reads the exclusions, then the documents that were kept, then prints. */
import { messageOf, type Origin, PipelineError } from "../core/index.ts";
import {
  type ExplainOptions,
  explainRemoval,
  type KeptDocument,
  type Removal,
  RemovalAudit,
  type RemovalExplanation,
  type RemovalSummary,
  removalOf,
  type SketchOptions,
  trueJaccard,
} from "../dedupe/index.ts";
import type { ManifestStage } from "../trace/index.ts";
import { auditLines, explanationLines } from "./audit-view.ts";
import { type Terminal, UsageError } from "./command.ts";
import type { AuditSettings } from "./dedupe-audit.ts";
import { excludedRecords, exclusionFiles, type RunFiles } from "./exclusion-files.ts";
import { abortOnSignals, Interrupted } from "./interrupts.ts";
import { findDocuments, placeOf } from "./kept-documents.ts";
import { printable } from "./text-width.ts";

/** A removal whose kept document was found, or not. */
export interface ShownRemoval {
  readonly removal: Removal;
  /** Undefined when the kept document could not be read. */
  readonly kept: { readonly id: string; readonly text: string } | undefined;
  readonly explanation: RemovalExplanation | undefined;
}

/** All that an audit tells. */
export interface Audit {
  readonly files: readonly string[];
  readonly summary: RemovalSummary;
  /** How the run compared documents; undefined where no manifest tells. */
  readonly dedupe: ManifestStage | undefined;
  /** Stages between reading and deduplicating: the run compared what they made of the texts. */
  readonly before: readonly string[];
  /** True similarity beside the estimated one, of the removals in the sample whose kept document could be read. */
  readonly sampled: readonly { readonly estimated: number; readonly jaccard: number }[];
  readonly near: readonly ShownRemoval[];
  /** The begin of the texts of the largest groups, by place. */
  readonly groupTexts: ReadonlyMap<string, string>;
  readonly problems: readonly string[];
}

/** Returns the exit code. */
export async function auditRun(paths: readonly string[], settings: AuditSettings, terminal: Terminal): Promise<number> {
  const controller = new AbortController();
  const say = (text: string): void => void terminal.stderr.write(`millrace: ${text}\n`);
  const release = abortOnSignals(controller, say);
  const width = terminal.stdout.isTTY ? terminal.stdout.columns || 80 : 120;
  try {
    const run = await exclusionFiles(paths);
    if (settings.explain !== undefined) {
      const shown = await explainOne(run, settings.explain, settings, controller.signal);
      if (settings.json) terminal.out(`${JSON.stringify(shownJson(shown), null, 2)}\n`);
      else terminal.out(`${explanationLines(shown, width).join("\n")}\n`);
      return 0;
    }
    const audit = await auditAll(run, settings, controller.signal);
    if (settings.json) terminal.out(`${JSON.stringify(auditJson(audit), null, 2)}\n`);
    else terminal.out(`${auditLines(audit, width).join("\n")}\n`);
    return 0;
  } catch (error) {
    if (error instanceof UsageError) throw error;
    const { reason } = controller.signal;
    if (reason instanceof Interrupted) return reason.exitCode;
    say(printable(messageOf(error)));
    return 1;
  } finally {
    release();
  }
}

async function auditAll(run: RunFiles, settings: AuditSettings, signal: AbortSignal): Promise<Audit> {
  const { groups, near, sample, seed } = settings;
  const gathered = new RemovalAudit({ groups, near, sample, seed });
  for await (const record of excludedRecords(run.files, signal)) {
    if (record === undefined)
      throw new PipelineError({ kind: "bad-field", message: `${run.files.join(", ")}: not every record is an exclusion` });
    gathered.add(record);
  }
  const summary = gathered.result();
  const origins = [...summary.sample, ...summary.nearThreshold, ...summary.groups].map(({ kept }) => kept.origin);
  const known = origins.filter((origin): origin is Origin => origin !== undefined);
  const { texts, problems } = await findDocuments(known, run.stages, settings.root, signal);
  const textOf = ({ origin }: KeptDocument): { readonly id: string; readonly text: string } | undefined =>
    origin === undefined ? undefined : texts.get(placeOf(origin));

  const options = optionsOf(run.stages);
  const sampled: { estimated: number; jaccard: number }[] = [];
  for (const { record, kept, similarity } of summary.sample) {
    const text = textOf(kept)?.text;
    const jaccard = text === undefined ? undefined : trueJaccard(record.text, text, shinglesOf(options));
    if (jaccard !== undefined && similarity !== undefined) sampled.push({ estimated: similarity, jaccard });
  }
  const groupTexts = new Map<string, string>();
  for (const { kept } of summary.groups) {
    const text = textOf(kept)?.text;
    if (text !== undefined && kept.origin !== undefined) groupTexts.set(placeOf(kept.origin), text.slice(0, 1000));
  }
  return {
    files: run.files,
    summary,
    dedupe: dedupeStage(run.stages),
    before: stagesBefore(run.stages),
    sampled,
    near: summary.nearThreshold.map((removal) => shown(removal, textOf(removal.kept), options)),
    groupTexts,
    problems,
  };
}

/** Looks for the removed document by its id or its place. */
async function explainOne(run: RunFiles, which: string, { root }: AuditSettings, signal: AbortSignal): Promise<ShownRemoval> {
  for await (const record of excludedRecords(run.files, signal)) {
    if (record === undefined || (record.id !== which && placeOf(record.origin) !== which)) continue;
    const removal = removalOf(record);
    if (removal === undefined)
      throw new UsageError(`${which} was not removed for another document: ${record.stage} dropped it, ${record.reason}`);
    const { origin } = removal.kept;
    if (origin === undefined) {
      throw new UsageError(
        `${which} was removed (${record.reason}), but for a document that was kept before the run began to keep exclusions`,
      );
    }
    const { texts, problems } = await findDocuments([origin], run.stages, root, signal);
    const kept = texts.get(placeOf(origin));
    if (kept === undefined)
      throw new PipelineError({ kind: "vanished", message: `${which} was removed for ${placeOf(origin)}: ${problems.join("; ")}` });
    return shown(removal, kept, optionsOf(run.stages));
  }
  throw new UsageError(`no removed document has the id or the place ${JSON.stringify(which)}; a place is <source>:<record number from 0>`);
}

function shown(removal: Removal, kept: ShownRemoval["kept"], options: ExplainOptions): ShownRemoval {
  return { removal, kept, explanation: kept && explainRemoval(removal.record.text, kept.text, options) };
}

function dedupeStage(stages: readonly ManifestStage[]): ManifestStage | undefined {
  return stages.find(({ config }) => typeof (config as { readonly algorithm?: unknown } | null)?.algorithm === "string");
}

/** What changed the texts between the source and the comparison. */
function stagesBefore(stages: readonly ManifestStage[]): string[] {
  const stage = dedupeStage(stages);
  return stage === undefined ? [] : stages.slice(1, stages.indexOf(stage)).map(({ name }) => name);
}

/** The sketch options of the run, as its manifest tells them. */
function optionsOf(stages: readonly ManifestStage[]): SketchOptions {
  const config = (dedupeStage(stages)?.config ?? {}) as SketchOptions;
  const options: Record<string, unknown> = {};
  for (const name of ["ngram", "unit", "bands", "rows", "seed"] as const) if (config[name] !== undefined) options[name] = config[name];
  return options;
}

function shinglesOf({ ngram, unit }: SketchOptions): Pick<SketchOptions, "ngram" | "unit"> {
  return { ...(ngram === undefined ? {} : { ngram }), ...(unit === undefined ? {} : { unit }) };
}

function shownJson({ removal, kept, explanation }: ShownRemoval): object {
  const { record, similarity } = removal;
  const { id, text, origin, stage, reason } = record;
  return { removed: { id, origin, text }, stage, reason, similarity, kept: { ...removal.kept, text: kept?.text }, explanation };
}

function auditJson({ files, summary, dedupe, before, sampled, near, groupTexts, problems }: Audit): object {
  const { sample: _, nearThreshold: __, groups, ...counts } = summary;
  const withText = groups.map(({ kept, removed }) => ({ ...kept, removed, text: kept.origin && groupTexts.get(placeOf(kept.origin)) }));
  return { files, dedupe: dedupe?.config, stagesBefore: before, ...counts, groups: withText, sampled, near: near.map(shownJson), problems };
}

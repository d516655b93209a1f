/**
 * The books of a run: every record that arrives is later delivered, dropped with a reason, or reported as an error, and
 * each of these is counted for its stage and for its source. Excluded records go on to the exclusions sink from here.
 */
import { keepOriginal, type Origin, originalText, type Traced, tracedRows } from "./doc.ts";
import { messageOf, PipelineError } from "./errors.ts";
import type { ExclusionQueue } from "./exclusions.ts";
import type { Departure, ExclusionDetail, RunObserver } from "./stage.ts";
import { RunTally, type StageTally } from "./tally.ts";

/** A stage as the ledger sees it. */
export interface Account {
  readonly name: string;
  readonly tally: StageTally;
  /** Bad records of a source never became records, so they are counted as arrived when they fail. */
  readonly isSource: boolean;
}

export class Ledger {
  readonly run: RunTally = new RunTally();
  /** Undefined when the run keeps no exclusions; original texts are then not kept either. */
  readonly queue: ExclusionQueue | undefined;
  /** The sink's, when it keeps lineage. */
  observer: RunObserver | undefined;

  constructor(queue: ExclusionQueue | undefined) {
    this.queue = queue;
  }

  arrived(record: unknown): void {
    for (const row of tracedRows(record)) {
      this.run.source(row.origin.source).in++;
      const text = (row as { readonly text?: unknown }).text;
      if (this.queue !== undefined && typeof text === "string") keepOriginal(row.origin, text);
    }
  }

  departed(record: unknown): void {
    this.run.delivered++;
    for (const row of tracedRows(record)) if (isFirst(row)) this.run.source(row.origin.source).out++;
  }

  drop(account: Account, record: unknown, reason: string, detail?: ExclusionDetail): void {
    const { name, tally } = account;
    const rows = tracedRows(record);
    if (rows.length === 0) this.run.drop(tally, undefined, "", reason);
    // A document that was cut counts once, by its first part; later parts count for the stage only.
    const label = tally.dropLabel(name, reason);
    for (const row of rows) this.run.drop(tally, isFirst(row) ? row.origin.source : undefined, label, reason);
    this.#depart(rows, { outcome: "dropped", stage: name, reason });
    this.#exclude(name, record, reason, detail);
  }

  /** Counts a skipped error. The caller has decided that it does not end the run. */
  skip(account: Account, failure: PipelineError, record: unknown): void {
    const rows = tracedRows(record);
    const source = failure.origin?.source;
    const unread = rows.length === 0 && source !== undefined ? [source] : [];
    // As with drops: of a document that was cut, only the first part stands for it in its source's balance.
    const sources = rows.length === 0 ? unread : rows.filter(isFirst).map((row) => row.origin.source);
    this.run.fail(account.tally, sources, { kind: failure.kind, message: failure.message });
    if (account.isSource && record === undefined) for (const name of unread) this.run.source(name).in++;
    // What never became a record has an origin alone.
    const lost = rows.length === 0 && failure.origin !== undefined ? [{ origin: failure.origin }] : rows;
    this.#depart(lost, { outcome: "error", stage: account.name, reason: failure.kind });
    this.#exclude(account.name, record, `error: ${failure.kind}`);
  }

  #depart(rows: readonly Traced[], how: Omit<Departure, "origin" | "part">): void {
    if (this.observer === undefined) return;
    for (const { origin, part } of rows) this.observer.departed({ origin, part, ...how });
  }

  #exclude(stage: string, record: unknown, reason: string, detail?: ExclusionDetail): void {
    if (this.queue === undefined) return;
    for (const row of tracedRows(record)) {
      const doc = row as { readonly id?: string; readonly text?: string; readonly meta?: Record<string, unknown>; readonly origin: Origin };
      const text = originalText(doc.origin) ?? doc.text ?? "";
      const excluded = { id: doc.id ?? "", text, meta: doc.meta ?? {}, origin: doc.origin, stage, reason };
      this.queue.push(detail === undefined ? excluded : { ...excluded, detail });
    }
  }
}

/** The error a stage reports, with its stage and place filled in where they were missing. */
export function asFailure(stage: string, error: unknown, kind?: string, origin?: Origin): PipelineError {
  const facts = error instanceof PipelineError ? error.facts : { kind: "stage-failed", message: messageOf(error), cause: error };
  const full = { ...facts, kind: kind ?? facts.kind, stage: facts.stage ?? stage, origin: facts.origin ?? origin };
  const complete = error instanceof PipelineError && full.kind === error.kind && full.stage === error.stage && full.origin === error.origin;
  return complete ? error : new PipelineError(full);
}

/** True for a whole document and for the first part of one. */
function isFirst(row: Traced): boolean {
  return (row.part?.index ?? 0) === 0;
}

/** Makes the context a stage runs with: the run's part (`Frame`) and the stage's own. */
import { originOf } from "./doc.ts";
import { type Account, asFailure, type Ledger } from "./ledger.ts";
import type { Outcome } from "./outcome.ts";
import type { Random } from "./random.ts";
import type { Scope } from "./scope.ts";
import type { Shared } from "./shared.ts";
import type { OnError, SourceContext, StageContext } from "./stage.ts";

/** What all contexts of a run share. */
export interface Frame {
  readonly signal: AbortSignal;
  readonly scope: Scope;
  readonly seed: number;
  readonly onError: OnError;
  readonly ledger: Ledger;
  readonly shared: Shared;
  readonly outcome: Outcome;
}

/** What belongs to one stage. */
export interface Own {
  readonly account: Account;
  readonly random: Random;
  readonly checkpoint: (save: () => unknown) => void;
  readonly restored: unknown;
}

export function stageContext(frame: Frame, own: Own): StageContext {
  const { signal, scope, seed, onError, ledger, shared, outcome } = frame;
  const { account, random, checkpoint, restored } = own;
  const { name, tally } = account;
  return {
    stage: name,
    signal,
    scope,
    seed,
    onError,
    random: () => random.next(),
    keepsExclusions: ledger.queue !== undefined,
    drop: (record, reason, detail) => ledger.drop(account, record, reason, detail),
    fail: (error, where = {}) => {
      const failure = asFailure(name, error, where.kind, where.origin ?? originOf(where.record));
      if ((where.onError ?? onError) === "throw") throw failure;
      ledger.skip(account, failure, where.record);
    },
    shared: (key, make, dispose) => shared.get(key, make, dispose),
    whenDone: (pending) => outcome.add(pending),
    checkpoint,
    restored: <S>() => restored as S | undefined,
    count: (counter, by = 1) => {
      tally.counters[counter] = (tally.counters[counter] ?? 0) + by;
    },
  };
}

export function sourceContext(context: StageContext, ledger: Ledger): SourceContext {
  return {
    ...context,
    read: (bytes) => {
      ledger.run.bytesRead += bytes;
    },
    total: (bytes) => {
      ledger.run.bytesTotal = bytes;
    },
    inputRead: ledger.observer === undefined ? undefined : (input) => ledger.observer?.inputRead(input),
  };
}

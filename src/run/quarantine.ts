/**
 * Records that killed their workers. A worker that follows a dead one notes each record before it is made, in a file that
 * outlives it; when two die at the same record, that record is put into quarantine: later attempts leave it out and count it as
 * an error of kind "poison". An entry is a file created if absent, so that all attempts, on any machine, leave out the same.
 *
 * Turned down: halving the task until the record is found (a crash costs a worker, and there would be twenty of them).
 */
import { closeSync, openSync, writeSync } from "node:fs";
import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { createIfAbsent } from "../store/index.ts";
import { readJson, type WorkFolder } from "./folder.ts";

/** A record by its origin. */
export interface RecordPlace {
  readonly source: string;
  readonly record: number;
}

/** By source, the numbers of records to leave out. */
export type Quarantine = ReadonlyMap<string, ReadonlyMap<number, { readonly phase: number }>>;

interface Entry extends RecordPlace {
  readonly split: number;
  /** Where it killed: phases behind leave it out at their beginning only if it was not left out before. */
  readonly phase: number;
}

/** What the tasks of a split leave out. */
export async function readQuarantine(work: WorkFolder, split: number): Promise<Quarantine> {
  const found = new Map<string, Map<number, { readonly phase: number }>>();
  const names = await readdir(work.quarantine);
  for (const name of names.filter((file) => file.startsWith(`${split}-`) && file.endsWith(".json"))) {
    const entry = await readJson<Entry>(join(work.quarantine, name));
    if (entry === undefined) continue;
    const records = found.get(entry.source) ?? new Map<number, { readonly phase: number }>();
    records.set(entry.record, { phase: entry.phase });
    found.set(entry.source, records);
  }
  return found;
}

/** How many records of a split are in quarantine. */
export async function quarantined(work: WorkFolder, split: number): Promise<number> {
  return (await readdir(work.quarantine)).filter((name) => name.startsWith(`${split}-`) && name.endsWith(".json")).length;
}

export async function quarantine(work: WorkFolder, split: number, phase: number, place: RecordPlace): Promise<void> {
  const number = await quarantined(work, split);
  const entry: Entry = { split, phase, source: place.source, record: place.record };
  await createIfAbsent(join(work.quarantine, `${split}-${number}.json`), Buffer.from(`${JSON.stringify(entry)}\n`));
}

/** Bytes of a note; longer names of files are cut, and then name no record. */
const NOTE = 4096;

/** Notes the record that is worked on. One write a record, about 2 us: only for a task that lost a worker. */
export class Notebook {
  readonly #file: number;
  readonly #buffer = Buffer.alloc(NOTE);

  constructor(path: string) {
    this.#file = openSync(path, "w");
  }

  note(source: string, record: number): void {
    const length = this.#buffer.write(`${record} ${source}\n`, 0);
    writeSync(this.#file, this.#buffer, 0, length, 0);
  }

  close(): void {
    closeSync(this.#file);
  }
}

/** The record noted last, if there is one. */
export async function notedRecord(path: string): Promise<RecordPlace | undefined> {
  const text = await readFile(path, "utf8").catch(() => "");
  const parts = /^(\d+) ([^\n]*)\n/.exec(text);
  return parts === null ? undefined : { record: Number(parts[1]), source: parts[2] as string };
}

export async function forgetNote(path: string): Promise<void> {
  await rm(path, { force: true });
}

/** Reads a traced record again, and tells whether its source is still the file the run has read. */
import { join } from "node:path";
import { type Doc, messageOf, type Origin } from "../core/index.ts";
import { inputDigests, type ReadAtOptions, readAt } from "../read/index.ts";
import type { Manifest, ManifestInput } from "../trace/index.ts";
import type { TraceSettings } from "./trace.ts";

/** What a source looks like today: "same", "changed", or "unknown" where it was not compared. */
export type InputState = "same" | "changed" | "unknown";

export interface TracedRecord {
  readonly input: { readonly state: InputState; readonly message: string };
  /** The record as the run has read it; undefined when it cannot be read again. */
  readonly doc: Doc | undefined;
  /** Why it cannot. */
  readonly problem: string | undefined;
  /** True when something is not as it should be: a source that is gone or changed. */
  readonly lost: boolean;
}

/** Reads the record at `origin` with the options of the run's own `read`. It throws only when it is aborted. */
export async function recordAt(origin: Origin, manifest: Manifest, settings: TraceSettings, signal: AbortSignal): Promise<TracedRecord> {
  const options = readOptions(manifest);
  if (options === undefined) {
    const name = manifest.stages[0]?.name ?? "unknown";
    const message = `the source of this run is \`${name}\`, which cannot be read again from here`;
    return { input: { state: "unknown", message: "not compared" }, doc: undefined, problem: message, lost: false };
  }
  const path = settings.root === undefined ? origin.source : join(settings.root, origin.source);
  try {
    const input = await inputState(path, manifest.inputs[origin.source], settings.quick, signal);
    try {
      const doc = await readAt(origin, { ...options, path, signal });
      return { input, doc, problem: undefined, lost: input.state === "changed" };
    } catch (error) {
      signal.throwIfAborted();
      // A record that was an error in the run is one again; only in a changed file that says nothing.
      return { input, doc: undefined, problem: messageOf(error), lost: input.state === "changed" };
    }
  } catch (error) {
    signal.throwIfAborted();
    const hint = settings.root === undefined ? "; where the sources lie elsewhere, say so with --root <folder>" : "";
    const problem = `${messageOf(error)}${hint}`;
    return { input: { state: "unknown", message: "not there" }, doc: undefined, problem, lost: true };
  }
}

/** The options with which `read` made the documents; undefined for another source. */
function readOptions({ stages }: Manifest): ReadAtOptions | undefined {
  const [source] = stages;
  const config = (source?.config ?? {}) as Partial<Pick<Required<ReadAtOptions>, "format" | "text" | "id" | "maxLineBytes">>;
  if (source?.name === "readSamples") return { format: "tar", text: false, ...pick(config, ["maxLineBytes"]) };
  return source?.name === "read" ? pick(config, ["format", "text", "id", "maxLineBytes"]) : undefined;
}

function pick<T extends object, const K extends keyof T>(from: T, keys: readonly K[]): Pick<T, K> {
  return Object.fromEntries(keys.filter((key) => Object.hasOwn(from, key)).map((key) => [key, from[key]])) as Pick<T, K>;
}

async function inputState(
  path: string,
  input: ManifestInput | undefined,
  quick: boolean,
  signal: AbortSignal,
): Promise<TracedRecord["input"]> {
  const digests = input === undefined ? [] : digestsOf(input);
  const known = !quick && digests.every(({ sha256 }) => sha256 !== null) ? digests : [];
  const now = await inputDigests(
    path,
    known.map(({ end }) => end),
    signal,
  );
  if (input === undefined) return { state: "unknown", message: "not compared: the manifest has no digest of it" };
  if (now.bytes !== input.bytes) {
    return { state: "changed", message: `changed since the run: it had ${input.bytes} bytes and now has ${now.bytes}` };
  }
  if (quick) return { state: "unknown", message: "of the same size; not compared (--quick)" };
  if (known.length === 0 && input.bytes > 0) return { state: "unknown", message: "of the same size; the manifest has no digest of it" };
  const differs = known.some(({ sha256 }, i) => sha256 !== now.sha256[i]);
  return differs
    ? { state: "changed", message: "changed since the run: its sha256 is not the one in the manifest" }
    : { state: "same", message: "as the run has read it (sha256)" };
}

/** The digests a manifest has of an input: one of all of it, or one of each piece. */
function digestsOf({ bytes, sha256, pieces }: ManifestInput): readonly { readonly end: number; readonly sha256: string | null }[] {
  return sha256 === null && pieces !== undefined ? pieces : [{ end: bytes, sha256 }];
}

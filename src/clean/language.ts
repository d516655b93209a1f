/**
 * Which language a text is in. The work is done by an optional package or by the user's function; here are the packages' common
 * shape and the error that names the one to install.
 *
 * `eld` 2 (pure JavaScript, 60 languages): its small database, asked by a scorer of our own (`eld.ts`). It reads the first 350 bytes
 * or so, and its scores are no probabilities, so its own test of reliability decides. `fasttext` (fasttext.wasm.js, 176
 * languages): the model lid.176.ftz, the compressed form of the one FineWeb uses, on the whole text, about 3 MB/s.
 */
import { messageOf, PipelineError } from "../core/index.ts";
import { type EldModule, eldDetector } from "./eld.ts";

/** What an identifier says. */
export interface Identified {
  /** ISO 639-1 code, or whatever the identifier calls the language; "und" when it cannot tell. */
  readonly language: string;
  /** 0 to 1. */
  readonly score: number;
}

/** Names the language of a text. It must depend on the text alone. */
export type Identify = (text: string) => Identified | Promise<Identified>;

/** The identifiers that are loaded by name. */
export type IdentifierName = "eld" | "fasttext";

/** The code of a text whose language nobody identified (ISO 639-2). */
export const UNDETERMINED = "und";

/** Imports a package by name; a parameter so that a test can stand in for it. */
export type Importer = (specifier: string) => Promise<unknown>;

interface FastTextModule {
  getLIDModel(): Promise<{
    load(): Promise<unknown>;
    identify(text: string): Promise<{ alpha2: string | null; alpha3: string; possibility: number }>;
  }>;
}

const PACKAGES = { eld: "eld", fasttext: "fasttext.wasm.js" } as const satisfies Record<IdentifierName, string>;
const importNow: Importer = (specifier) => import(/* @vite-ignore */ specifier);

/** @internal Loads an identifier. Throws a `PipelineError` of kind "missing-package" that says what to install. */
export async function loadIdentifier(name: IdentifierName, importer: Importer = importNow): Promise<Identify> {
  try {
    return name === "eld" ? await loadEld(importer) : await loadFastText(importer);
  } catch (cause) {
    const missing = (cause as { code?: unknown } | null)?.code === "ERR_MODULE_NOT_FOUND";
    const message = missing
      ? `the language identifier "${name}" needs the package ${PACKAGES[name]}: npm install ${PACKAGES[name]}`
      : `the language identifier "${name}" (package ${PACKAGES[name]}) could not be loaded: ${messageOf(cause)}`;
    throw new PipelineError({ kind: missing ? "missing-package" : "stage-failed", stage: "clean", message, cause });
  }
}

async function loadEld(importer: Importer): Promise<Identify> {
  const detect = await eldDetector((await importer("eld/small")) as EldModule);
  return (text) => {
    const { language, score, reliable } = detect(text);
    return reliable ? { language, score } : { language: UNDETERMINED, score: 0 };
  };
}

async function loadFastText(importer: Importer): Promise<Identify> {
  const model = await ((await importer(PACKAGES.fasttext)) as FastTextModule).getLIDModel();
  await model.load();
  return async (text) => {
    // fastText reads one line; like datatrove, give it the text as one.
    const { alpha2, alpha3, possibility } = await model.identify(text.replaceAll("\n", " "));
    return { language: alpha2 ?? alpha3, score: Math.min(1, possibility) }; // rounding takes it a little beyond 1
  };
}

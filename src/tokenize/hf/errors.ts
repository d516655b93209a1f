import { PipelineError } from "../../core/index.ts";

/** What a `tokenizer.json` or a model file asks for and this library does not do exactly. Never ignored: the ids would differ. */
export class UnsupportedTokenizerError extends PipelineError {
  /** The part of the file: "normalizer", "pre_tokenizer", "model", "post_processor", "decoder", "added_tokens", "regex", ... */
  readonly part: string;
  /** What it names there: "UnicodeScripts", "\\X", ... */
  readonly component: string;

  constructor(part: string, component: string, why = "") {
    super({ kind: "unsupported", message: `tokenizer: the ${part} ${component} is not supported${why === "" ? "" : `: ${why}`}` });
    this.name = "UnsupportedTokenizerError";
    this.part = part;
    this.component = component;
  }
}

/** A file that is not a tokenizer, or breaks its own rules. */
export class TokenizerFormatError extends PipelineError {
  constructor(message: string, options: { readonly cause?: unknown } = {}) {
    super({ kind: "corrupt", message, cause: options.cause });
    this.name = "TokenizerFormatError";
  }
}

/** What a `tokenizer.json` or a model file asks for and this library does not do exactly. Never ignored: the ids would differ. */
export class UnsupportedTokenizerError extends Error {
  override readonly name = "UnsupportedTokenizerError";
  /** The part of the file: "normalizer", "pre_tokenizer", "model", "post_processor", "decoder", "added_tokens", "regex", ... */
  readonly part: string;
  /** What it names there: "UnicodeScripts", "\\X", ... */
  readonly component: string;

  constructor(part: string, component: string, why = "") {
    super(`tokenizer: the ${part} ${component} is not supported${why === "" ? "" : `: ${why}`}`);
    this.part = part;
    this.component = component;
  }
}

/** A file that is not a tokenizer, or breaks its own rules. */
export class TokenizerFormatError extends Error {
  override readonly name = "TokenizerFormatError";
}

/** Strings since Node 20; the type library in use does not know it yet. */
interface WellFormedString {
  isWellFormed(): boolean;
  toWellFormed(): string;
}

/** The text with a U+FFFD in the place of each lone surrogate, as every UTF-8 encoder would write it. */
export function wellFormed(text: string): string {
  const string = text as unknown as WellFormedString;
  return string.isWellFormed() ? text : string.toWellFormed();
}

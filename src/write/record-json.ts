/**
 * The JSON of a record, its fields in the order they have. Typed arrays become arrays of numbers (`JSON.stringify` alone
 * would write `{"0": ...}`). A field that has no JSON form (a function, a symbol, a `Map`, a bigint) is a `TypeError`
 * rather than a silent loss. Only the record's own fields are looked at; what lies deeper (`meta`) came from JSON.
 */
export function recordJson(record: object): string {
  if (Array.isArray(record) || "toJSON" in record) return JSON.stringify(record);
  // Nearly every record is plain already, and copying it would cost as much as writing it.
  for (const value of Object.values(record)) if (!isPlain(value)) return fieldsJson(record, Object.keys(record));
  return JSON.stringify(record);
}

/** The JSON of a record with these fields only, in this order; absent ones are left out. */
export function fieldsJson(record: object, fields: readonly string[]): string {
  const plain: [string, unknown][] = [];
  for (const field of fields) {
    if (!Object.hasOwn(record, field)) continue;
    const value = (record as Record<string, unknown>)[field];
    plain.push([field, isPlain(value) ? value : numbersOf(field, value)]);
  }
  return JSON.stringify(Object.fromEntries(plain)); // not by assignment: that would call the setter of `__proto__`
}

function isPlain(value: unknown): boolean {
  if (typeof value === "object") return !ArrayBuffer.isView(value) && !(value instanceof Map) && !(value instanceof Set);
  return typeof value !== "function" && typeof value !== "symbol";
}

function numbersOf(field: string, value: unknown): readonly unknown[] {
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) return Array.from(value as Uint8Array);
  const what = typeof value === "object" ? (value?.constructor.name ?? "object") : typeof value;
  throw new TypeError(`the field \`${field}\` is a ${what}, which JSON cannot hold`);
}

/** One case of the kit, with the texts of its corpus. */
export interface Case {
  readonly id: number;
  readonly profile: string;
  readonly op: string;
  /** Its place in the file. */
  readonly number: number;
  readonly input: unknown;
  readonly output: unknown;
}

export function cases(filter?: { readonly profile?: string; readonly op?: string }): Case[];
export function same(a: unknown, b: unknown): boolean;

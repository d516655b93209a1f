import { readFileSync } from "node:fs";

/** Linear memory of an instance. Its buffer is replaced when it grows. */
export interface WasmMemory {
  readonly buffer: ArrayBuffer;
}

/** As much of the WebAssembly API as is used here; its types ship with the DOM library only, which this project does without. */
interface WasmApi {
  validate(bytes: Uint8Array): boolean;
  readonly Module: new (bytes: Uint8Array) => WasmModule;
  readonly Instance: new (module: WasmModule, imports: object) => { readonly exports: object };
}

declare const moduleBrand: unique symbol;
/** A compiled module. */
export interface WasmModule {
  readonly [moduleBrand]: true;
}

const compiled = new Map<string, WasmModule>();

function api(): WasmApi | undefined {
  return (globalThis as { readonly WebAssembly?: WasmApi }).WebAssembly;
}

/**
 * The compiled module at a URL, compiled once a process; undefined where WebAssembly or one of the instructions used (SIMD) is
 * missing. Throws an Error that names the file and the command that makes it when it was not built.
 */
export function wasmModule(url: URL): WasmModule | undefined {
  const known = compiled.get(url.href);
  const wasm = api();
  if (known !== undefined || wasm === undefined) return known;
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(url);
  } catch (cause) {
    throw new Error(`${url.pathname} is missing; node scripts/build-kernels.mjs makes it`, { cause });
  }
  if (!wasm.validate(bytes)) return undefined;
  const module = new wasm.Module(bytes);
  compiled.set(url.href, module);
  return module;
}

/** A new instance with a memory of its own. `Exports` is what the module's index.ts exports. */
export function wasmInstance<Exports>(module: WasmModule, name: string): Exports {
  const wasm = api();
  if (wasm === undefined) throw new Error(`${name}: there is no WebAssembly here`);
  // AssemblyScript's runtime calls this where memory cannot be had.
  const abort = (): never => {
    throw new Error(`${name}: the kernel aborted`);
  };
  return new wasm.Instance(module, { env: { abort } }).exports as Exports;
}

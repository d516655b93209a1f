declare module "minhash" {
  class Minhash {
    constructor(options?: { readonly numPerm?: number; readonly seed?: number });
    update(text: string): void;
    jaccard(other: Minhash): number;
  }
  const minhash: { readonly Minhash: typeof Minhash };
  export default minhash;
}

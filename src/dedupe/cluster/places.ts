/** Where in the splits a document lies that is numbered through all of them. */
export class Places {
  /** The number of the first document of each split. */
  readonly begins: readonly number[];
  /** Of the document found last. */
  split = 0;
  number = 0;

  constructor(counts: readonly number[]) {
    let sum = 0;
    this.begins = counts.map((count) => {
      const begin = sum;
      sum += count;
      return begin;
    });
  }

  /** Finds a document; of splits that begin together (empty ones) it lies in the last. */
  find(document: number): void {
    const { begins } = this;
    let low = 0;
    let high = begins.length;
    while (high - low > 1) {
      const middle = (low + high) >>> 1;
      if ((begins[middle] as number) <= document) low = middle;
      else high = middle;
    }
    this.split = low;
    this.number = document - (begins[low] as number);
  }
}

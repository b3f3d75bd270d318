/** A weight matrix for u8 × s8 kernels: symmetric int8 by column. */
export interface QuantizedMatrix {
  readonly rows: number;
  readonly columns: number;
  /** [rows, columns], row-major. */
  readonly values: Int8Array;
  /** Of each column: value · scale is the weight. */
  readonly scales: Float32Array;
}

const LARGEST = 127;
/** Columns at a time: a cache line of int8 is written whole, and lines of the source are used up before they are dropped. */
const BLOCK = 64;

/** Rounds each column to 255 steps about 0; `at(row, column)` reads the weight. A column of zeros keeps scale 1. */
export function quantizeColumns(rows: number, columns: number, at: (row: number, column: number) => number): QuantizedMatrix {
  const values = new Int8Array(rows * columns);
  const scales = new Float32Array(columns).fill(1);
  for (let column = 0; column < columns; column += 1) {
    let largest = 0;
    for (let row = 0; row < rows; row += 1) {
      const size = Math.abs(at(row, column));
      if (size > largest) largest = size;
    }
    if (largest > 0) scales[column] = largest / LARGEST;
  }
  for (let first = 0; first < columns; first += BLOCK) {
    const end = Math.min(columns, first + BLOCK);
    for (let row = 0; row < rows; row += 1) {
      for (let column = first; column < end; column += 1) values[row * columns + column] = Math.max(-LARGEST, Math.min(LARGEST, Math.round(at(row, column) / scales[column]!)));
    }
  }
  return { rows, columns, values, scales };
}

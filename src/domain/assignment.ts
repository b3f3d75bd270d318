/**
 * The assignment of rows to columns with the largest total, each used at most once (Hungarian algorithm with potentials,
 * O(n³)). Answers the column of each row, or −1 where there are more rows than columns. Weights: [rows][columns], finite.
 */
export function largestAssignment(weights: readonly (readonly number[])[]): number[] {
  const rowCount = weights.length;
  const columnCount = weights[0]?.length ?? 0;
  const size = Math.max(rowCount, columnCount);
  const costAt = (row: number, column: number): number => -(weights[row]?.[column] ?? 0);
  // One-based, as the algorithm is usually written: 0 stands for "none".
  const rowPotential = new Float64Array(size + 1);
  const columnPotential = new Float64Array(size + 1);
  const rowOfColumn = new Int32Array(size + 1);
  const previousColumn = new Int32Array(size + 1);
  for (let row = 1; row <= size; row++) {
    rowOfColumn[0] = row;
    const slack = new Float64Array(size + 1).fill(Infinity);
    const isVisited = new Uint8Array(size + 1);
    let column = 0;
    do {
      isVisited[column] = 1;
      const current = rowOfColumn[column]!;
      let delta = Infinity;
      let next = 0;
      for (let j = 1; j <= size; j++) {
        if (isVisited[j] === 1) continue;
        const reduced = costAt(current - 1, j - 1) - rowPotential[current]! - columnPotential[j]!;
        if (reduced < slack[j]!) {
          slack[j] = reduced;
          previousColumn[j] = column;
        }
        if (slack[j]! < delta) {
          delta = slack[j]!;
          next = j;
        }
      }
      for (let j = 0; j <= size; j++) {
        if (isVisited[j] === 1) {
          rowPotential[rowOfColumn[j]!]! += delta;
          columnPotential[j]! -= delta;
        } else {
          slack[j]! -= delta;
        }
      }
      column = next;
    } while (rowOfColumn[column] !== 0);
    for (; column !== 0; column = previousColumn[column]!) rowOfColumn[column] = rowOfColumn[previousColumn[column]!]!;
  }
  const columnOfRow = new Array<number>(rowCount).fill(-1);
  for (let column = 1; column <= columnCount; column++) {
    const row = rowOfColumn[column]! - 1;
    if (row < rowCount) columnOfRow[row] = column - 1;
  }
  return columnOfRow;
}

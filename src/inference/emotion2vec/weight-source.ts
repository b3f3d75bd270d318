import type { GraphBuilder, Value } from './graph-builder.js';

/** Hands the model's tensors to a graph: by pointing into the checkpoint, or from a copy. */
export interface WeightSource {
  /** The tensor as a float32 initializer; `shape` may regroup its axes but not reorder its elements. */
  initializer(graph: GraphBuilder, name: string, shape?: readonly number[]): Promise<Value>;
  /** A matrix in another order than any tensor's, copied: `at(row, column)`. */
  matrix(graph: GraphBuilder, rows: number, columns: number, at: (row: number, column: number) => number): Promise<Value>;
  /** Its numbers, row-major. */
  values(name: string): Promise<Float32Array>;
}

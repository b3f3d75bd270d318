import type { GraphBuilder, Value } from './graph-builder.js';
import type { QuantizedMatrix } from './column-quantization.js';
import type { WeightsFile } from './weights-file.js';
import type { WeightSource } from './weight-source.js';

/** Where an int8 graph takes its numbers from and where its own weights go. */
export interface Int8Weights {
  readonly source: WeightSource;
  readonly file: WeightsFile;
}

/** Rows as uint8 with one scale and zero point, found at run time over the whole matrix. */
export interface QuantizedRows {
  readonly rows: Value;
  readonly scale: Value;
  readonly zeroPoint: Value;
}

export function quantizeRows(graph: GraphBuilder, x: Value): QuantizedRows {
  const [rows, scale, zeroPoint] = graph.nodeWithOutputs('DynamicQuantizeLinear', [x], 3);
  return { rows: rows!, scale: scale!, zeroPoint: zeroPoint! };
}

/** A stored matrix as the initializers of multiplyRows. */
export interface StoredMatrix {
  readonly matrix: Value;
  readonly scales: Value;
  readonly bias: Value | null;
}

export async function storeMatrix(graph: GraphBuilder, { file }: Int8Weights, matrix: QuantizedMatrix, bias: Float32Array | null): Promise<StoredMatrix> {
  return {
    matrix: graph.external(await file.append('i8', [matrix.rows, matrix.columns], matrix.values)),
    scales: graph.external(await file.append('f32', [matrix.columns], matrix.scales)),
    bias: bias === null ? null : graph.external(await file.append('f32', [bias.length], bias)),
  };
}

/** rows · matrix (+ bias) as float32. uint8 activations on int8 weights is the fast pair: int8 on int8 is 18 times slower. */
export function multiplyRows(graph: GraphBuilder, x: QuantizedRows, { matrix, scales, bias }: StoredMatrix): Value {
  const inputs = [x.rows, matrix, x.scale, scales, x.zeroPoint];
  return graph.fused('MatMulIntegerToFloat', bias === null ? inputs : [...inputs, '', bias]);
}

/** A matrix in float32, `at(row, column)` by row. */
export async function storeMatrixAsFloats(graph: GraphBuilder, { file }: Pick<Int8Weights, 'file'>, rows: number, columns: number, at: (row: number, column: number) => number): Promise<Value> {
  const values = new Float32Array(rows * columns);
  for (let column = 0; column < columns; column += 1) for (let row = 0; row < rows; row += 1) values[row * columns + column] = at(row, column);
  return graph.external(await file.append('f32', [rows, columns], values));
}

/** A float32 tensor of the model, copied beside the int8 ones. */
export async function storeFloats(graph: GraphBuilder, { source, file }: Int8Weights, name: string): Promise<Value> {
  const values = await source.values(name);
  return graph.external(await file.append('f32', [values.length], values));
}

import { FloatAttribute, type GraphBuilder, type Value } from './graph-builder.js';
import { reshape, transpose } from './graph-operators.js';
import type { ModelConfig } from './model-config.js';

/** What all blocks share: decided once per run. */
export interface AttentionContext {
  /** True for one clip without padding. */
  readonly isSingle: Value;
  /** float32 [rows, rows], see alibiDistance. */
  readonly distance: Value;
  /** slope · max(0, alibi_scale) of each head. */
  readonly headSlopes: readonly number[];
  /** float32 [batch, heads, rows, rows] with −1e9 on padded keys; only read when there are several clips. */
  readonly batchBias: Value;
  /** int64 [5]: batch, rows, 3, heads, head dimension. */
  readonly splitShape: Value;
}

/**
 * softmax(q·kᵀ/√d + bias)·v on rows [batch · rows, 3D] → [batch · rows, D].
 *
 * A single clip, the usual case on a CPU, takes one head at a time: its scores are one [rows, rows] matrix instead of
 * `heads` of them, and Gemm adds the shared distance times the head's slope on the way. A batch takes all heads at once.
 */
export function attention(graph: GraphBuilder, qkv: Value, context: AttentionContext, config: ModelConfig): Value {
  return graph.node('If', [context.isSingle], { attributes: { then_branch: singleBranch(graph, qkv, context, config), else_branch: batchBranch(graph, qkv, context, config) } });
}

function singleBranch(parent: GraphBuilder, qkv: Value, context: AttentionContext, config: ModelConfig): GraphBuilder {
  const graph = parent.subgraph();
  graph.output(headByHead(graph, qkv, context, config), 'f32');
  return graph;
}

/** Attention of one clip without padding, one head after the other. `scoreScale`: what q·kᵀ is multiplied by. */
export function headByHead(graph: GraphBuilder, qkv: Value, context: Pick<AttentionContext, 'distance' | 'headSlopes'>, config: ModelConfig, scoreScale = 1 / Math.sqrt(config.embeddingDimension / config.headCount)): Value {
  const { headCount, embeddingDimension } = config;
  const headDimension = embeddingDimension / headCount;
  const parts = graph.nodeWithOutputs('Split', [qkv, graph.ints(new Array<number>(3 * headCount).fill(headDimension))], 3 * headCount, { attributes: { axis: 1 } });
  const alpha = new FloatAttribute(scoreScale);
  const heads = context.headSlopes.map((slope, head) => {
    const [query, key, value] = [parts[head]!, parts[headCount + head]!, parts[2 * headCount + head]!];
    const scores = graph.node('Gemm', [query, key, context.distance], { attributes: { transB: 1, alpha, beta: new FloatAttribute(slope) } });
    return graph.node('MatMul', [graph.node('Softmax', [scores], { attributes: { axis: -1 } }), value]);
  });
  return graph.node('Concat', heads, { attributes: { axis: 1 } });
}

function batchBranch(parent: GraphBuilder, qkv: Value, context: AttentionContext, config: ModelConfig): GraphBuilder {
  const graph = parent.subgraph();
  const { headCount, embeddingDimension } = config;
  const apart = transpose(graph, graph.node('Reshape', [qkv, context.splitShape]), [2, 0, 3, 1, 4]);
  const [query, key, value] = graph
    .nodeWithOutputs('Split', [apart, graph.ints([1, 1, 1])], 3, { attributes: { axis: 0 } })
    .map((part) => graph.node('Squeeze', [part, graph.ints([0])]));
  const alpha = new FloatAttribute(1 / Math.sqrt(embeddingDimension / headCount));
  const scores = graph.node('Add', [graph.fused('FusedMatMul', [query!, key!], { transB: 1, alpha }), context.batchBias]);
  const mixed = graph.node('MatMul', [graph.node('Softmax', [scores], { attributes: { axis: -1 } }), value!]);
  graph.output(reshape(graph, transpose(graph, mixed, [0, 2, 1, 3]), [-1, embeddingDimension]), 'f32');
  return graph;
}

/** Bias of every head and clip, built only when there are several clips: a single one reads the distance itself. */
export function batchBias(graph: GraphBuilder, isSingle: Value, distance: Value, mask: Value, headSlopes: readonly number[], extraTokenCount: number): Value {
  const none = graph.subgraph();
  none.output(none.node('Identity', [none.floats([0], [1, 1, 1, 1])]), 'f32');
  const full = graph.subgraph();
  const slopes = full.floats(headSlopes, [1, headSlopes.length, 1, 1]);
  const padding = full.node('Mul', [full.node('Sub', [full.node('Squeeze', [mask, full.ints([2])]), full.floats([1])]), full.floats([1e9])]);
  const keys = full.node('Unsqueeze', [full.node('Pad', [padding, full.ints([0, extraTokenCount, 0, 0])]), full.ints([1, 2])]);
  full.output(full.node('Add', [full.node('Mul', [distance, slopes]), keys]), 'f32');
  return graph.node('If', [isSingle], { attributes: { then_branch: none, else_branch: full } });
}

import { FloatAttribute, type GraphBuilder, type Value } from './graph-builder.js';

const EPSILON = new FloatAttribute(1e-5);

/** LayerNorm over the last axis. */
export function layerNorm(graph: GraphBuilder, x: Value, weight: Value, bias?: Value): Value {
  return graph.node('LayerNormalization', bias === undefined ? [x, weight] : [x, weight, bias], { attributes: { axis: -1, epsilon: EPSILON } });
}

/** GELU by the error function, as the model was trained; the tanh form is off by 1e-3. */
export function gelu(graph: GraphBuilder, x: Value): Value {
  return graph.fused('Gelu', [x]);
}

export function reshape(graph: GraphBuilder, x: Value, shape: readonly number[]): Value {
  return graph.node('Reshape', [x, graph.ints(shape)]);
}

export function transpose(graph: GraphBuilder, x: Value, perm: readonly number[]): Value {
  return graph.node('Transpose', [x], { attributes: { perm } });
}

/** `x[begin:end:step]` along one axis. */
export function slice(graph: GraphBuilder, x: Value, axis: number, begin: number, end: number = Number.MAX_SAFE_INTEGER): Value {
  return graph.node('Slice', [x, graph.ints([begin]), graph.ints([end]), graph.ints([axis])]);
}

/** One dimension of a value as int64 [1]. */
export function sizeOf(graph: GraphBuilder, x: Value, axis: number): Value {
  return graph.node('Gather', [graph.node('Shape', [x]), graph.ints([axis])], { attributes: { axis: 0 } });
}

/** 0 … count−1 as float32 [count]; `count` is int64 [1]. */
export function floatRange(graph: GraphBuilder, count: Value): Value {
  const end = graph.node('Squeeze', [count, graph.ints([0])]);
  const range = graph.node('Range', [graph.ints([0], []), end, graph.ints([1], [])]);
  return graph.node('Cast', [range], { attributes: { to: 1 } });
}

/**
 * Puts nodes into a graph of their own, as the one branch of an If that is always taken. onnxruntime plans the memory of a
 * graph in a time that grows with the square of its nodes: with every head of every block in one graph a model of 160
 * million parameters took .55 s of planning at each load, in graphs of their own .02 s.
 */
export function enclosed(graph: GraphBuilder, build: (inner: GraphBuilder) => Value): Value {
  const inner = graph.subgraph();
  inner.output(build(inner), 'f32');
  const never = graph.subgraph();
  never.output(never.node('Identity', [never.floats([0])]), 'f32');
  const always = graph.constantTrue();
  return graph.node('If', [always], { attributes: { then_branch: inner, else_branch: never } });
}

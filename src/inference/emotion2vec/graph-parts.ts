import type { GraphBuilder, Value } from './graph-builder.js';
import { floatRange } from './graph-operators.js';
import type { ModelConfig } from './model-config.js';

/** Frames of each clip, int64 [batch], from its samples: floor((n − k) / s) + 1 through all convolutions. */
export function frameLengths(graph: GraphBuilder, lengths: Value, config: ModelConfig, as?: string): Value {
  let value = lengths;
  for (const [index, { kernel, stride }] of config.convolutions.entries()) {
    const isLast = index === config.convolutions.length - 1;
    const steps = graph.node('Div', [graph.node('Sub', [value, graph.ints([kernel])]), graph.ints([stride])]);
    value = graph.node('Add', [steps, graph.ints([1])], isLast && as !== undefined ? { as } : {});
  }
  return value;
}

/**
 * The ALiBi distance −|i − j| between frames, float32 [rows, rows] with rows = extra tokens + frames, 0 in the rows and
 * columns of the extra tokens. `frameCount` is int64 [1].
 */
export function alibiDistance(graph: GraphBuilder, frameCount: Value, extraTokenCount: number): Value {
  const positions = floatRange(graph, frameCount);
  const difference = graph.node('Sub', [graph.node('Unsqueeze', [positions, graph.ints([1])]), graph.node('Unsqueeze', [positions, graph.ints([0])])]);
  const distance = graph.node('Neg', [graph.node('Abs', [difference])]);
  return graph.node('Pad', [distance, graph.ints([extraTokenCount, extraTokenCount, 0, 0])]);
}

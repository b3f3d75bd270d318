import onnxProto from 'onnx-proto';

const { onnx } = onnxProto;
type NodeProto = onnxProto.onnx.INodeProto;
type GraphProto = onnxProto.onnx.IGraphProto;
type TensorProto = onnxProto.onnx.ITensorProto;
type AttributeProto = onnxProto.onnx.IAttributeProto;

/** A value of the graph by name: the output of a node, an input or an initializer. */
export type Value = string;

const ELEMENT_TYPES = { f32: 1, u8: 2, i8: 3, i32: 6, i64: 7, bool: 9 } as const;
export type ElementType = keyof typeof ELEMENT_TYPES;

/** A float attribute; plain numbers are integers in ONNX. */
export class FloatAttribute {
  constructor(readonly value: number) {}
}
export type Attribute = number | readonly number[] | FloatAttribute | GraphBuilder;

/** Weights that lie in a file beside the graph: ONNX external data. */
export interface ExternalTensor {
  readonly type: ElementType;
  readonly shape: readonly number[];
  /** File name inside the model's folder. */
  readonly location: string;
  readonly offsetBytes: number;
  readonly lengthBytes: number;
}

export interface NodeOptions {
  readonly attributes?: Readonly<Record<string, Attribute>>;
  /** `com.microsoft` for onnxruntime's own operators. */
  readonly domain?: string;
  /** Name of the (first) output, for graph outputs. */
  readonly as?: string;
}

/** Collects nodes in execution order. Subgraphs share the name counter and see the values of their parents. */
export class GraphBuilder {
  private readonly nodes: NodeProto[] = [];
  private readonly initializers: TensorProto[] = [];
  private readonly inputs: onnxProto.onnx.IValueInfoProto[] = [];
  private readonly outputs: onnxProto.onnx.IValueInfoProto[] = [];

  constructor(private readonly names = { next: 0 }, private readonly root: GraphBuilder | null = null) {}

  /** A body for If or Scan. Its constants are kept by the outermost graph, so that repeated bodies share them. */
  subgraph(): GraphBuilder {
    return new GraphBuilder(this.names, this.root ?? this);
  }

  node(op: string, inputs: readonly Value[], options: NodeOptions = {}): Value {
    return this.nodeWithOutputs(op, inputs, 1, options)[0]!;
  }

  nodeWithOutputs(op: string, inputs: readonly Value[], outputCount: number, options: NodeOptions = {}): Value[] {
    const outputs = Array.from({ length: outputCount }, (_, index) => (index === 0 && options.as !== undefined ? options.as : this.fresh(op)));
    const attribute = Object.entries(options.attributes ?? {}).map(([name, value]) => attributeProto(name, value));
    this.nodes.push({ opType: op, name: this.fresh('n'), domain: options.domain ?? '', input: [...inputs], output: outputs, attribute });
    return outputs;
  }

  /** Operators of onnxruntime's own domain. */
  fused(op: string, inputs: readonly Value[], attributes: NodeOptions['attributes'] = {}): Value {
    return this.node(op, inputs, { attributes, domain: 'com.microsoft' });
  }

  ints(values: readonly number[], shape: readonly number[] = [values.length]): Value {
    const data = BigInt64Array.from(values, BigInt);
    return this.inline('i64', new Uint8Array(data.buffer), shape);
  }

  floats(values: readonly number[] | Float32Array, shape: readonly number[] = [values.length]): Value {
    const data = Float32Array.from(values);
    return this.inline('f32', new Uint8Array(data.buffer), shape);
  }

  constantTrue(): Value {
    return this.inline('bool', Uint8Array.of(1), []);
  }

  external(tensor: ExternalTensor): Value {
    const name = this.fresh('w');
    const entry = (key: string, value: number | string): { key: string; value: string } => ({ key, value: String(value) });
    (this.root ?? this).initializers.push({
      name,
      dataType: ELEMENT_TYPES[tensor.type],
      dims: [...tensor.shape],
      dataLocation: onnx.TensorProto.DataLocation.EXTERNAL,
      externalData: [entry('location', tensor.location), entry('offset', tensor.offsetBytes), entry('length', tensor.lengthBytes)],
    });
    return name;
  }

  /** Declares an input; axes are sizes or names of free dimensions. */
  input(name: string, type: ElementType, axes?: readonly (number | string)[]): Value {
    this.inputs.push(valueInfo(name, type, axes));
    return name;
  }

  output(name: Value, type: ElementType, axes?: readonly (number | string)[]): void {
    this.outputs.push(valueInfo(name, type, axes));
  }

  toProto(name: string): GraphProto {
    return { name, node: this.nodes, initializer: this.initializers, input: this.inputs, output: this.outputs };
  }

  private inline(type: ElementType, rawData: Uint8Array, shape: readonly number[]): Value {
    const name = this.fresh('c');
    (this.root ?? this).initializers.push({ name, dataType: ELEMENT_TYPES[type], dims: [...shape], rawData });
    return name;
  }

  private fresh(hint: string): string {
    this.names.next += 1;
    return `${hint}_${this.names.next}`;
  }
}

/** The model file's bytes: IR 8, opset 17, which every onnxruntime since 1.12 reads. */
export function encodeModel(graph: GraphBuilder, name: string): Uint8Array {
  const model = onnx.ModelProto.create({
    irVersion: 8,
    producerName: 'undertone',
    opsetImport: [{ domain: '', version: 17 }, { domain: 'com.microsoft', version: 1 }],
    graph: graph.toProto(name),
  });
  return onnx.ModelProto.encode(model).finish();
}

function valueInfo(name: string, type: ElementType, axes?: readonly (number | string)[]): onnxProto.onnx.IValueInfoProto {
  const dim = axes?.map((axis) => (typeof axis === 'number' ? { dimValue: axis } : { dimParam: axis }));
  return { name, type: { tensorType: { elemType: ELEMENT_TYPES[type], ...(dim ? { shape: { dim } } : {}) } } };
}

function attributeProto(name: string, value: Attribute): AttributeProto {
  const { AttributeType } = onnx.AttributeProto;
  if (value instanceof FloatAttribute) return { name, type: AttributeType.FLOAT, f: value.value };
  if (value instanceof GraphBuilder) return { name, type: AttributeType.GRAPH, g: value.toProto(name) };
  if (typeof value === 'number') return { name, type: AttributeType.INT, i: value };
  return { name, type: AttributeType.INTS, ints: [...value] };
}

import { PickleCursor } from './pickle-cursor.js';
import { reduceGlobal, resolveGlobal, storageOf } from './pickle-globals.js';
import { InertObject, PickleError, type StorageReference } from './pickle-values.js';

/**
 * Steps and containers of one pickle. The published checkpoint needs about 20,000 and 5,000; together with the size of
 * the buffer they bound memory at ~100 MB and time at well under a second, whatever the bytes say.
 */
const MAX_STEPS = 1_000_000;
const MAX_CONTAINERS = 200_000;

/** Lists and tuples are arrays, dicts are Maps, bytes are Uint8Array, tensors PickleTensor, everything else InertObject. */
export interface UnpickledValue {
  readonly value: unknown;
  /** Offset of the first byte after the STOP: legacy files hold several pickles in a row. */
  readonly endOffset: number;
  /** Every storage the pickle refers to, by key, whether or not its tensor is used. */
  readonly storages: ReadonlyMap<string, StorageReference>;
}

/** Reads one pickle (protocols 0 to 5) without running anything. Throws PickleError. */
export function unpickle(bytes: Uint8Array, startOffset = 0): UnpickledValue {
  const machine = new PickleMachine(new PickleCursor(bytes, startOffset));
  return machine.run();
}

class PickleMachine {
  private stack: unknown[] = [];
  private readonly marked: unknown[][] = [];
  private readonly memo = new Map<number, unknown>();
  private readonly storages = new Map<string, StorageReference>();
  private containers = 0;

  constructor(private readonly cursor: PickleCursor) {}

  run(): UnpickledValue {
    for (let step = 0; step < MAX_STEPS; step += 1) {
      const opcode = this.cursor.byte();
      if (opcode === 0x2e) return { value: this.pop(), endOffset: this.cursor.position, storages: this.storages };
      this.execute(opcode);
    }
    throw new PickleError(`it takes more than ${MAX_STEPS} steps`);
  }

  private execute(opcode: number): void {
    const { cursor, stack } = this;
    switch (opcode) {
      case 0x80: // PROTO
        if (cursor.byte() > 5) throw new PickleError('it uses a pickle protocol above 5');
        return;
      case 0x95: cursor.take(8); return; // FRAME: a hint for readers of streams
      case 0x28: this.marked.push(this.stack); this.stack = this.fresh(); return; // MARK
      case 0x31: this.unmark(); return; // POP_MARK
      case 0x30: this.pop(); return; // POP
      case 0x32: stack.push(this.top()); return; // DUP
      case 0x70: this.memo.set(this.memoKey(cursor.line()), this.top()); return; // PUT
      case 0x71: this.memo.set(cursor.byte(), this.top()); return; // BINPUT
      case 0x72: this.memo.set(cursor.uint32(), this.top()); return; // LONG_BINPUT
      case 0x94: this.memo.set(this.memo.size, this.top()); return; // MEMOIZE
      case 0x67: stack.push(this.recall(this.memoKey(cursor.line()))); return; // GET
      case 0x68: stack.push(this.recall(cursor.byte())); return; // BINGET
      case 0x6a: stack.push(this.recall(cursor.uint32())); return; // LONG_BINGET
      case 0x4e: stack.push(null); return; // NONE
      case 0x88: stack.push(true); return; // NEWTRUE
      case 0x89: stack.push(false); return; // NEWFALSE
      case 0x49: stack.push(textInteger(cursor.line())); return; // INT
      case 0x4c: stack.push(textInteger(cursor.line())); return; // LONG
      case 0x46: stack.push(Number.parseFloat(cursor.line())); return; // FLOAT
      case 0x4a: stack.push(cursor.int32()); return; // BININT
      case 0x4b: stack.push(cursor.byte()); return; // BININT1
      case 0x4d: stack.push(cursor.uint16()); return; // BININT2
      case 0x8a: stack.push(cursor.long(cursor.byte())); return; // LONG1
      case 0x8b: stack.push(cursor.long(cursor.int32())); return; // LONG4
      case 0x47: stack.push(cursor.float64()); return; // BINFLOAT
      case 0x53: stack.push(cursor.line().slice(1, -1)); return; // STRING
      case 0x56: stack.push(cursor.line()); return; // UNICODE
      case 0x54: stack.push(cursor.text(cursor.int32())); return; // BINSTRING
      case 0x55: stack.push(cursor.text(cursor.byte())); return; // SHORT_BINSTRING
      case 0x58: stack.push(cursor.text(cursor.uint32())); return; // BINUNICODE
      case 0x8c: stack.push(cursor.text(cursor.byte())); return; // SHORT_BINUNICODE
      case 0x8d: stack.push(cursor.text(cursor.uint64())); return; // BINUNICODE8
      case 0x42: stack.push(cursor.take(cursor.uint32())); return; // BINBYTES
      case 0x43: stack.push(cursor.take(cursor.byte())); return; // SHORT_BINBYTES
      case 0x8e: case 0x96: stack.push(cursor.take(cursor.uint64())); return; // BINBYTES8, BYTEARRAY8
      default: this.executeContainer(opcode);
    }
  }

  private executeContainer(opcode: number): void {
    const { cursor } = this;
    switch (opcode) {
      case 0x29: case 0x5d: case 0x8f: this.stack.push(this.fresh()); return; // EMPTY_TUPLE, EMPTY_LIST, EMPTY_SET
      case 0x7d: this.count(); this.stack.push(new Map()); return; // EMPTY_DICT
      case 0x74: case 0x6c: case 0x91: this.pushGathered(this.unmark()); return; // TUPLE, LIST, FROZENSET
      case 0x85: this.pushGathered(this.popMany(1)); return; // TUPLE1
      case 0x86: this.pushGathered(this.popMany(2)); return; // TUPLE2
      case 0x87: this.pushGathered(this.popMany(3)); return; // TUPLE3
      case 0x64: { const items = this.unmark(); this.count(); this.stack.push(setAll(new Map(), items)); return; } // DICT
      case 0x61: { const item = this.pop(); appendAll(this.top(), [item]); return; } // APPEND
      case 0x65: case 0x90: { const items = this.unmark(); appendAll(this.top(), items); return; } // APPENDS, ADDITEMS
      case 0x73: { const pair = this.popMany(2); setAll(this.top(), pair); return; } // SETITEM
      case 0x75: { const items = this.unmark(); setAll(this.top(), items); return; } // SETITEMS
      case 0x63: this.stack.push(resolveGlobal(cursor.line(), cursor.line())); return; // GLOBAL
      case 0x93: { // STACK_GLOBAL
        const [module, name] = this.popMany(2);
        if (typeof module !== 'string' || typeof name !== 'string') throw new PickleError('it names a global by something that is not text');
        this.stack.push(resolveGlobal(module, name));
        return;
      }
      case 0x52: case 0x81: { const [callee, args] = this.popMany(2); this.pushReduced(callee, args); return; } // REDUCE, NEWOBJ
      case 0x92: { const [callee, args] = this.popMany(3); this.pushReduced(callee, args); return; } // NEWOBJ_EX
      case 0x69: { const callee = resolveGlobal(cursor.line(), cursor.line()); this.pushReduced(callee, this.unmark()); return; } // INST
      case 0x6f: { const [callee, ...args] = this.unmark(); this.pushReduced(callee, args); return; } // OBJ
      case 0x62: this.pop(); this.top(); return; // BUILD: attributes of an object are never needed
      case 0x51: this.pushStorage(storageOf(this.pop())); return; // BINPERSID
      default: throw new PickleError(`it uses the opcode 0x${opcode.toString(16)}, which no checkpoint needs`);
    }
  }

  private pushReduced(callee: unknown, args: unknown): void {
    this.count();
    this.stack.push(reduceGlobal(callee, args));
  }
  private pushStorage(storage: StorageReference): void {
    this.count();
    this.storages.set(storage.key, storage);
    this.stack.push(storage);
  }
  private pushGathered(items: unknown[]): void {
    this.count();
    this.stack.push(items);
  }
  private fresh(): unknown[] {
    this.count();
    return [];
  }
  private count(): void {
    this.containers += 1;
    if (this.containers > MAX_CONTAINERS) throw new PickleError(`it holds more than ${MAX_CONTAINERS} lists, dicts and objects`);
  }
  private pop(): unknown {
    if (this.stack.length === 0) throw new PickleError('it takes a value from an empty stack');
    return this.stack.pop();
  }
  private popMany(count: number): unknown[] {
    if (this.stack.length < count) throw new PickleError('it takes a value from an empty stack');
    return this.stack.splice(-count);
  }
  private top(): unknown {
    if (this.stack.length === 0) throw new PickleError('it takes a value from an empty stack');
    return this.stack[this.stack.length - 1];
  }
  private unmark(): unknown[] {
    const items = this.stack;
    const outer = this.marked.pop();
    if (outer === undefined) throw new PickleError('it closes a group that was never opened');
    this.stack = outer;
    return items;
  }
  private memoKey(line: string): number {
    if (!/^\d{1,9}$/.test(line)) throw new PickleError('a memo index is not a number');
    return Number(line);
  }
  private recall(key: number): unknown {
    if (!this.memo.has(key)) throw new PickleError(`it recalls memo ${key}, which was never stored`);
    return this.memo.get(key);
  }
}

function appendAll(target: unknown, items: readonly unknown[]): void {
  if (target instanceof InertObject) return;
  if (!Array.isArray(target)) throw new PickleError('it appends to something that is not a list');
  for (const item of items) target.push(item);
}

function setAll(target: unknown, items: readonly unknown[]): unknown {
  if (target instanceof InertObject) return target;
  if (!(target instanceof Map) || items.length % 2 !== 0) throw new PickleError('it sets items of something that is not a dict');
  for (let index = 0; index < items.length; index += 2) target.set(items[index], items[index + 1]);
  return target;
}

function textInteger(line: string): number | boolean {
  if (line === '01') return true;
  if (line === '00') return false;
  const value = Number(line.replace(/L$/, ''));
  if (!Number.isFinite(value)) throw new PickleError('a number of it is not one');
  return value;
}



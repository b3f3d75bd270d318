import { readFile } from 'node:fs/promises';
import { tone, uniformNoise, wavBytes, type Workspace } from './sound-files.js';

export interface HostileFile {
  readonly name: string;
  readonly bytes: Buffer;
  /** It points at something else and has no sound of its own: nothing may be decoded from it. */
  readonly isPointer: boolean;
}

/** What a file could make a decoder reach for. */
export interface Targets {
  readonly httpUrl: string;
  readonly secretPath: string;
}

/** Every container that is supported, and how ffmpeg makes one here. */
const CONTAINERS: Readonly<Record<string, readonly string[]>> = {
  'a.wav': [], 'f32.wav': ['-c:a', 'pcm_f32le'], 'adpcm.wav': ['-c:a', 'adpcm_ms'], 'a.w64': [], 'a.aiff': [], 'a.mp3': [], 'a.aac': [], 'a.ac3': [], 'a.eac3': [], 'a.flac': [], 'a.ogg': [], 'opus.ogg': ['-c:a', 'libopus'], 'a.m4a': [],
  'alac.m4a': ['-c:a', 'alac'], 'frag.mp4': ['-movflags', 'frag_keyframe+empty_moov'], 'a.mka': [], 'a.webm': [], 'a.au': [], 'a.caf': [], 'a.wma': [], 'a.avi': [], 'a.flv': ['-ar', '22050'], 'a.ts': [], 'a.mpg': [], 'a.wv': [],
};
const MUTANTS_OF_EACH = 56;
const EDGES = [0, 1, 2, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fffffff, 0x80000000, 0xfffffff0, 0xffffffff];

/** Numbers in [0, 1), the same for the same seed. */
function randomOf(seed: number): () => number {
  const values = uniformNoise(4096, seed * 7919 + 1);
  let at = 0;
  return () => (values[at++ % values.length]! + 1) / 2;
}

function mutantOf(bytes: Buffer, seed: number): Buffer {
  const random = randomOf(seed);
  const at = (limit: number): number => Math.floor(random() * limit);
  let copy = Buffer.from(bytes);
  const damages = 1 + at(24);
  for (let i = 0; i < damages; i++) {
    // Half of the damage where it hurts most: in the header.
    const position = at(random() < 0.5 ? Math.min(256, copy.length) : copy.length);
    const kind = at(6);
    if (kind === 0) copy[position] = at(256);
    else if (kind === 1) copy[position] = copy[position]! ^ (1 << at(8));
    else if (kind === 2 && position + 4 <= copy.length) copy.writeUInt32BE(EDGES[at(EDGES.length)]!, position);
    else if (kind === 3 && position + 4 <= copy.length) copy.writeUInt32LE(EDGES[at(EDGES.length)]!, position);
    else if (kind === 4) copy = Buffer.concat([copy.subarray(0, position), copy.subarray(Math.min(copy.length, position + 1 + at(64)))]);
    else copy = Buffer.concat([copy.subarray(0, position), copy.subarray(position, position + 1 + at(512)), copy.subarray(position)]);
  }
  return random() < 0.15 ? copy.subarray(0, at(copy.length)) : copy;
}

/** Fields of plain headers, each with every edge: rates, channels, widths and sizes that are not so. */
function headerLies(wav: Buffer, au: Buffer): HostileFile[] {
  const lies: HostileFile[] = [];
  for (const [kind, bytes, fields] of [['wav', wav, [[4, 4], [16, 4], [20, 2], [22, 2], [24, 4], [28, 4], [32, 2], [34, 2], [40, 4]]], ['au', au, [[4, 4], [8, 4], [12, 4], [16, 4], [20, 4]]]] as const) {
    for (const [offset, width] of fields) {
      for (const edge of EDGES) {
        const copy = Buffer.from(bytes);
        if (width === 2) copy.writeUInt16LE(edge & 0xffff, offset);
        else if (kind === 'wav') copy.writeUInt32LE(edge, offset);
        else copy.writeUInt32BE(edge, offset);
        lies.push({ name: `lie-${offset}-${edge}.${kind}`, bytes: copy, isPointer: false });
      }
    }
  }
  return lies;
}

/** Lists and descriptions that point at other files and hosts, plain and dressed up as recordings. */
function pointers({ httpUrl, secretPath }: Targets, wav: Buffer): HostileFile[] {
  const targets = [secretPath, `file://${secretPath}`, `${httpUrl}/a.wav`, `hls+${httpUrl}/a.m3u8`, `concat:${secretPath}|${secretPath}`, `subfile,,start,0,end,0,,:${secretPath}`, `crypto:${secretPath}`, `tcp://${new URL(httpUrl).host}`, `data:audio/wav;base64,AAAA`, '/dev/fd/3', '/proc/self/environ'];
  const forms: ((target: string) => string)[] = [
    (target) => `#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10.0,\n${target}\n#EXT-X-ENDLIST\n`,
    (target) => `#EXTM3U\n#EXT-X-KEY:METHOD=AES-128,URI="${target}"\n#EXTINF:1,\n${target}\n`,
    (target) => `ffconcat version 1.0\nfile '${target}'\n`,
    (target) => `<?xml version="1.0"?><MPD type="static"><Period><AdaptationSet><Representation id="1"><BaseURL>${target}</BaseURL></Representation></AdaptationSet></Period></MPD>`,
    (target) => `v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 9 RTP/AVP 0\na=control:${target}\n`,
    (target) => `[playlist]\nFile1=${target}\nNumberOfEntries=1\n`,
    (target) => `<asx version="3.0"><entry><ref href="${target}"/></entry></asx>`,
    (target) => `RTSPtext\r\n${target}\r\n`,
  ];
  const dresses: ((text: string) => Buffer)[] = [
    (text) => Buffer.from(text),
    (text) => Buffer.concat([Buffer.from('ID3\x04\0\0\0\0\0\0', 'latin1'), Buffer.from(text)]),
    (text) => Buffer.concat([wav.subarray(0, 44), Buffer.from(text)]),
    (text) => Buffer.concat([Buffer.from('\ufeff'), Buffer.from(text)]),
  ];
  return targets.flatMap((target, t) => forms.flatMap((form, f) => dresses.map((dress, d) => ({ name: `pointer-${t}-${f}-${d}.${d === 2 ? 'wav' : 'mp3'}`, bytes: dress(form(target)), isPointer: d === 0 || d === 3 }))));
}

/** Two formats in one file, one after the other and one inside the other. */
function polyglots(originals: ReadonlyMap<string, Buffer>, manifest: Buffer): HostileFile[] {
  const files = [...originals];
  const lures: [string, Buffer][] = [['zip', Buffer.from('PK\x03\x04\x14\0\0\0\x08\0', 'latin1')], ['pdf', Buffer.from('%PDF-1.7\n1 0 obj\n')], ['elf', Buffer.from('\x7fELF\x02\x01\x01', 'latin1')], ['html', Buffer.from('<html><script>')], ['png', Buffer.from('\x89PNG\r\n\x1a\n', 'latin1')], ['list', manifest]];
  const mixed = files.flatMap(([name, bytes], i) => {
    const [otherName, other] = files[(i + 7) % files.length]!;
    const middle = Math.floor(bytes.length / 2);
    return [
      { name: `after-${otherName}-${name}`, bytes: Buffer.concat([other, bytes]), isPointer: false },
      { name: `inside-${otherName}-${name}`, bytes: Buffer.concat([bytes.subarray(0, middle), other, bytes.subarray(middle)]), isPointer: false },
      { name: `head-${otherName}-${name}`, bytes: Buffer.concat([other.subarray(0, 64), bytes.subarray(64)]), isPointer: false },
    ];
  });
  return [...mixed, ...files.flatMap(([name, bytes]) => lures.map(([lure, head]) => ({ name: `${lure}-${name}`, bytes: Buffer.concat([head, bytes]), isPointer: false })))];
}

/** Small files that become large: silence and noise packed well, and headers that promise hours. */
async function bombs(files: Workspace): Promise<HostileFile[]> {
  const made: HostileFile[] = [];
  for (const [name, args] of [['silence.flac', []], ['silence.mp3', ['-b:a', '32k']], ['silence.ogg', []], ['silence.wv', []], ['silence.mka', ['-c:a', 'flac']], ['wide.flac', ['-ac', '8']], ['wide.mka', ['-ac', '8', '-c:a', 'flac']], ['fast.flac', ['-ar', '192000', '-c:a', 'flac']]] as const) {
    await files.ffmpeg('-f', 'lavfi', '-i', 'anullsrc=r=48000:cl=mono', '-t', '900', ...args, name);
    made.push({ name: `bomb-${name}`, bytes: await readFile(files.path(name)), isPointer: false });
  }
  return made;
}

/** The same files for the same seeds, one after the other. */
export async function* hostileCorpus(files: Workspace, targets: Targets): AsyncGenerator<HostileFile> {
  const wav = await files.put('original.wav', wavBytes(tone(440, 0.4, 24_000), { rateHz: 24_000 }));
  const originals = new Map<string, Buffer>();
  for (const [name, args] of Object.entries(CONTAINERS)) {
    const video = name === 'a.avi' || name === 'frag.mp4' ? ['-f', 'lavfi', '-i', 'testsrc=d=0.4:s=32x32', '-shortest'] : [];
    await files.ffmpeg('-i', wav, ...video, ...args, `made-${name}`);
    originals.set(name, await readFile(files.path(`made-${name}`)));
  }
  const plain = await readFile(wav);
  const lists = pointers(targets, plain);
  yield* await bombs(files);
  yield* headerLies(plain, originals.get('a.au')!);
  yield* lists;
  yield* polyglots(originals, lists[0]!.bytes);
  // An index that says the sound lies elsewhere, in a file that it names.
  const m4a = originals.get('a.m4a')!;
  const reference = m4a.indexOf('url \0\0\0\x01', 0, 'latin1');
  const elsewhere = Buffer.from(m4a);
  elsewhere[reference + 7] = 0;
  yield { name: 'elsewhere.m4a', bytes: elsewhere, isPointer: false };
  let seed = 0;
  for (const [name, bytes] of originals) for (let i = 0; i < MUTANTS_OF_EACH; i++) yield { name: `mutant-${++seed}-${name}`, bytes: mutantOf(bytes, seed), isPointer: false };
}

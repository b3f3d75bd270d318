// `timeline` of a one-hour analysis in half-second bins against an empty query of the same server, interleaved. The track is
// made up (the figures do not depend on what the logits are); everything from the database to the last byte of the
// answer is real; what the client does with it afterwards is not counted.
import { performance } from 'node:perf_hooks';
import { Readable } from 'node:stream';
import { median, report } from './bench-report.mjs';
import { answerOf, KEY, serveHere, throwAwayFolder } from './platform-process.mjs';

const HOP_SECONDS = 0.04;
const SECONDS = 3600;
const LABELS = ['angry', 'disgusted', 'fearful', 'happy', 'neutral', 'sad'];
const { composePlatform } = await import('../dist/src/compose.js');
const { readSettings } = await import('../dist/src/config.js');
const { createLog } = await import('../dist/src/log.js');
const { createAnalysisRepository } = await import('../dist/src/db/analysis.repository.js');
const { encodeFrameTrack } = await import('../dist/src/domain/frame-track.js');
const { composeEncryption } = await import('../dist/src/compose-encryption.js');

const folder = throwAwayFolder();
Object.assign(process.env, { UNDERTONE_DATA_DIR: folder, UNDERTONE_LOG_LEVEL: 'error', UNDERTONE_ADMIN_KEY: KEY });
const id = await storeHour();
const server = await serveHere(folder);
const query = `{ analysis(id: "${id}") { timeline(binSeconds: 0.5) { startSeconds series { label values } } } }`;
const compact = query.replace('label values', 'label base64');
const rows = { timeline: [], timelineBase64: [], sameAnalysisWithout: [], empty: [] };
for (let round = -5; round < 40; round++) {
  const timed = async (text) => {
    const before = performance.now();
    const body = await answerOf(server.url, text);
    const ms = performance.now() - before;
    return { ms, data: JSON.parse(body).data };
  };
  const timeline = await timed(query);
  if (timeline.data.analysis.timeline.startSeconds.length !== SECONDS * 2) throw new Error('bins are missing');
  const base64 = await timed(compact);
  const without = await timed(`{ analysis(id: "${id}") { id } }`);
  const empty = await timed('{ __typename }');
  if (round < 0) continue;
  rows.timeline.push(timeline.ms);
  rows.timelineBase64.push(base64.ms);
  rows.sameAnalysisWithout.push(without.ms);
  rows.empty.push(empty.ms);
}
const medians = Object.fromEntries(Object.entries(rows).map(([name, values]) => [`${name}MedianMs`, median(values)]));
report('timeline', { ...medians, ratioToEmpty: medians.timelineMedianMs / medians.emptyMedianMs, base64RatioToEmpty: medians.timelineBase64MedianMs / medians.emptyMedianMs, ratioToAnalysis: medians.timelineMedianMs / medians.sameAnalysisWithoutMedianMs, ratioAllowed: 3 });
await server.close();

async function storeHour() {
  const platform = await composePlatform(readSettings(), createLog('error'));
  const admin = { keyId: 'bench', keyName: 'bench', workspaceId: 'ws_default', role: 'admin' };
  const { recording } = await platform.services.recordings.upload(admin, { stream: Readable.from([Buffer.from('an hour')]), fileName: 'hour.wav' }, {});
  const analysis = await platform.services.analyses.request(admin, recording.id, {});
  const analyses = createAnalysisRepository(platform.database);
  await analyses.begin(analysis.id);
  const frameCount = Math.round(SECONDS / HOP_SECONDS);
  const logits = Float32Array.from({ length: frameCount * LABELS.length }, (_, i) => Math.sin(i * 0.37) * 2);
  const track = { frameHopSeconds: HOP_SECONDS, labels: LABELS, logits, blocks: [{ segmentIndex: 0, startSeconds: 0, endSeconds: SECONDS, frameOffset: 0, frameCount, speaker: null }] };
  const trackKey = `tracks/${analysis.id}`;
  const { vault } = await composeEncryption(readSettings(), platform.database, platform.stored, createLog('error'));
  await platform.blobs.write(await vault.keyOf(recording), trackKey, encodeFrameTrack(track));
  const quality = { container: 'wav', codec: 'pcm_s16le', bitrateBps: null, originalSampleRateHz: 16000, originalChannels: 1, durationSeconds: SECONDS, effectiveBandwidthHz: null, integratedLoudnessLufs: null, peakDbfs: null, clippingRatio: 0, dcOffset: 0, speechLevelDbfs: null, snrDb: null, silenceRatio: 0, speechSeconds: SECONDS, dropoutCount: 0 };
  const outcome = {
    options: { modelId: 'starter', raw: false, speakers: 'none' }, model: { id: 'starter', version: '0', digest: '0'.repeat(64), labels: LABELS }, durationSeconds: SECONDS, quality,
    speechRegions: [], gate: { kind: 'speech', speechSeconds: SECONDS, leftOutSeconds: 0, reason: 'made up' }, warnings: [], summary: null, segments: [], speakers: [], conversation: null, embedding: null,
  };
  if (!(await analyses.complete({ analysisId: analysis.id, outcome, trackKey, peaks: new Int8Array(2) }))) throw new Error('not stored');
  await platform.stop();
  return analysis.id;
}

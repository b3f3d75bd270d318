// 1,000 rules over a one-hour analysis against the time that its analysis takes, and one rule over 100,000 stored segments
// against the plain SQL scan of the same rows. The hour is the bundled sample's time a second of audio, times 3,600.
import { performance } from 'node:perf_hooks';
import pg from 'pg';
import { median, report } from './bench-report.mjs';
import { KEY, throwAwayFolder } from './platform-process.mjs';

const folder = throwAwayFolder();
Object.assign(process.env, { UNDERTONE_DATA_DIR: folder, UNDERTONE_LOG_LEVEL: 'error', UNDERTONE_ADMIN_KEY: KEY });
const { composePlatform } = await import('../dist/src/compose.js');
const { readTemplates } = await import('../dist/src/compose-rules.js');
const { readSettings } = await import('../dist/src/config.js');
const { createLog } = await import('../dist/src/log.js');
const { EMOTIONS } = await import('../dist/src/domain/emotion.js');
const { evaluateRule, prepareSubject } = await import('../dist/src/plugins/business-rules/evaluate-rule.js');
const { parseRule } = await import('../dist/src/plugins/business-rules/parse-rule.js');

const SEGMENT_SECONDS = 5;
const RULES = 1000;
const SEGMENTS = 100_000;
const PER_ANALYSIS = 500;
const admin = { keyId: 'bench', keyName: 'bench', workspaceId: 'ws_default', role: 'admin' };
const platform = await composePlatform(readSettings(), createLog('error'));

const seconds = [];
for (let round = -1; round < 3; round++) {
  const before = performance.now();
  const { outcome } = await platform.analyzer.pipeline.analyze({ path: 'samples/conversation.flac', options: { modelId: platform.analyzer.inference.defaultModelId, raw: false, speakers: 'none' }, priority: 'bulk', signal: new AbortController().signal });
  if (round >= 0) seconds.push((performance.now() - before) / 1000 / outcome.durationSeconds);
}
const hourSeconds = median(seconds) * 3600;

const rules = rulesOf(RULES);
const hour = hourSubject();
const ruleTimes = [];
let firings = 0;
for (let round = -2; round < 5; round++) {
  const before = performance.now();
  const prepared = prepareSubject(hour);
  firings = rules.reduce((total, rule) => total + evaluateRule(rule, prepared).firings.length, 0);
  if (round >= 0) ruleTimes.push((performance.now() - before) / 1000);
}

await storeSegments();
const rule = { name: 'bench', when: { all: [{ score: { label: 'angry', atLeast: 0.9, releaseBelow: 0.7 } }, { confidence: { atLeast: 0.5 } }] } };
const times = { scan: [], backtest: [] };
let result;
for (let round = -1; round < 5; round++) {
  const scanMs = await plainScan();
  const before = performance.now();
  result = await platform.services.rules.backtest(admin, { definition: rule }, {}, new AbortController().signal);
  if (result.segmentCount !== SEGMENTS) throw new Error(`${result.segmentCount} segments`);
  if (round < 0) continue;
  times.scan.push(scanMs);
  times.backtest.push(performance.now() - before);
}
report('rules', {
  rules: RULES, hourSegments: hour.moments.length, firings, rulesOverHourSeconds: median(ruleTimes), analysisOfHourSeconds: hourSeconds, shareOfAnalysis: median(ruleTimes) / hourSeconds, shareAllowed: 0.02,
  storedSegments: SEGMENTS, backtestFirings: result.firingCount, plainScanMedianMs: median(times.scan), backtestMedianMs: median(times.backtest), ratioToScan: median(times.backtest) / median(times.scan), ratioAllowed: 3,
});
await platform.stop();

/** The ready rules over and over, each with a threshold of its own so that no two are alike. */
function rulesOf(count) {
  const templates = readTemplates();
  return Array.from({ length: count }, (_, i) => {
    const { definition } = templates[i % templates.length];
    return parseRule({ ...definition, name: `${definition.name} ${i}`, when: { all: [definition.when, { duration: { atLeast: i % 50 } }] } }, EMOTIONS);
  });
}

function hourSubject() {
  const count = 3600 / SEGMENT_SECONDS;
  const moments = Array.from({ length: count }, (_, i) => ({
    segmentId: `seg_${i}`, index: i, startSeconds: i * SEGMENT_SECONDS, endSeconds: i * SEGMENT_SECONDS + 4.5, speechSeconds: 4.5, gate: 'speech', speakerKey: `channel-${i % 2}`, speakerRole: i % 2 === 0 ? 'agent' : 'customer', channel: i % 2,
    text: `segment ${i} in which somebody says that they are not happy and would like to cancel the order number ${i}`, agreement: (i % 10) / 10, label: EMOTIONS[i % 9], confidence: 0.5 + (i % 5) / 10, abstained: i % 7 === 0, scores: EMOTIONS.map((_, k) => (k === i % 9 ? 0.6 : 0.05)),
  }));
  return { analysisId: 'ana_hour', recordingId: 'rec_hour', modelId: 'starter', labels: EMOTIONS, durationSeconds: 3600, recordedAt: new Date(0), language: 'en', tags: [], gate: { kind: 'speech', speechSeconds: 3240, leftOutSeconds: 0, reason: '' }, quality: null, warnings: [], summary: null, moments };
}

async function storeSegments() {
  const client = new pg.Client({ connectionString: platform.database.connectionString });
  await client.connect();
  const analyses = SEGMENTS / PER_ANALYSIS;
  await client.query(`INSERT INTO "Recording" ("id", "workspaceId", "sha256", "byteLength", "blobKey", "fileName", "durationSeconds") SELECT 'rec_' || lpad(i::text, 6, '0'), 'ws_default', 'x' || i, 1, 'k' || i, 'f', 3000 FROM generate_series(1, ${analyses}) i`);
  await client.query(`INSERT INTO "Analysis" ("id", "workspaceId", "recordingId", "status", "modelId", "modelLabels") SELECT 'ana_' || lpad(i::text, 6, '0'), 'ws_default', 'rec_' || lpad(i::text, 6, '0'), 'SUCCEEDED', 'starter', $1 FROM generate_series(1, ${analyses}) i`, [[...EMOTIONS]]);
  for (let i = 1; i <= analyses; i++) {
    await client.query(`INSERT INTO "Segment" ("id", "analysisId", "index", "startSeconds", "endSeconds", "speechSeconds", "gate", "label", "confidence", "scores", "logits", "frameOffset", "frameCount")
      SELECT 'seg_' || lpad($1::text, 6, '0') || '_' || j, 'ana_' || lpad($1::text, 6, '0'), j, j * 6, j * 6 + 5, 5, 'speech', 'angry', random(), ARRAY(SELECT random() + j * 0 FROM generate_series(1, 9)), ARRAY(SELECT random() + j * 0 FROM generate_series(1, 9)), j * 125, 125 FROM generate_series(0, ${PER_ANALYSIS - 1}) j`, [i]);
  }
  await client.query('ANALYZE');
  await client.end();
}

/** The same rows and columns, in the same order, straight into JavaScript. */
async function plainScan() {
  const client = new pg.Client({ connectionString: platform.database.connectionString });
  const before = performance.now();
  await client.connect();
  const { rows } = await client.query({
    rowMode: 'array',
    text: `SELECT s."analysisId", s."id", s."index", s."startSeconds", s."endSeconds", s."speechSeconds", s."gate", s."speakerId", s."label", s."confidence", s."abstained", s."agreement", s."scores"[array_position(a."modelLabels", 'angry')]
      FROM "Segment" s JOIN "Analysis" a ON a."id" = s."analysisId" WHERE a."workspaceId" = 'ws_default' AND a."status" = 'SUCCEEDED' ORDER BY s."analysisId", s."index"`,
  });
  const ms = performance.now() - before;
  if (rows.length !== SEGMENTS) throw new Error(`${rows.length} rows`);
  await client.end();
  return ms;
}

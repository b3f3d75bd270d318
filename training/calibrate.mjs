// Fits the confidence, the prediction sets and the abstention of the exported model on speakers that no network was
// trained on, with the platform's own code, and writes them into the model's manifest. The label never changes.
// `undertone calibrate` parts the speakers in two halves, one for the temperature and one for the thresholds; here they
// are few, so the thresholds see every speaker, with a temperature that was fitted without that speaker.
//
//   npm run build && node training/calibrate.mjs HELD_OUT.json MODEL_FOLDER
//
// HELD_OUT.json comes from finish.py. Each speaker in turn is left out of the whole fit: the printed figures are theirs.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { fitScaling } from '../dist/src/domain/calibration.js';
import { abstentionThreshold, conformalThreshold } from '../dist/src/domain/conformal.js';
import { metricsOfItems } from '../dist/src/domain/metrics.js';
import { calibratedProbabilities, indexOfLargest } from '../dist/src/domain/scores.js';

const COVERAGE = 0.9;
const RISK = 0.3;

const [heldOutFile, modelFolder] = process.argv.slice(2);
const manifestFile = join(modelFolder, 'manifest.json');
const manifest = JSON.parse(readFileSync(manifestFile, 'utf8'));
const { labels } = manifest;
const items = JSON.parse(readFileSync(heldOutFile, 'utf8'));

function seen(item, calibration) {
  const scores = calibratedProbabilities(item.logits, labels, calibration);
  const predicted = indexOfLargest(item.logits);
  return {
    ...item, scores, predicted, confidence: scores[predicted], isAnswered: scores[predicted] >= (calibration.abstainBelow ?? 0),
    isInSet: scores[item.truth] >= calibration.setThreshold, setSize: Math.max(1, scores.filter((score) => score >= calibration.setThreshold).length),
  };
}

const share = (rows, test) => (rows.length === 0 ? '–' : `${((100 * rows.filter(test).length) / rows.length).toFixed(1)} %`);

function line(name, rows) {
  const { expectedCalibrationError, negativeLogLikelihood } = metricsOfItems(rows, labels);
  const answered = rows.filter((row) => row.isAnswered);
  const isWrong = (row) => row.predicted !== row.truth;
  return `${name}: ${rows.length} clips, ECE ${expectedCalibrationError.toFixed(3)}, log loss ${negativeLogLikelihood.toFixed(3)}, truth in the set ${share(rows, (row) => row.isInSet)} `
    + `(${(rows.reduce((sum, row) => sum + row.setSize, 0) / rows.length).toFixed(2)} labels), answered ${share(rows, (row) => row.isAnswered)}, wrong of those ${share(answered, isWrong)}`;
}

const speakersOf = (some) => [...new Set(some.map(({ cluster }) => cluster))].sort();
const parted = (some, speaker) => [some.filter(({ cluster }) => cluster === speaker), some.filter(({ cluster }) => cluster !== speaker)];
const six = (value, how) => how(value * 1e6) / 1e6;
const scalingOf = (some) => ({ temperature: six(fitScaling(some, labels.length, false).temperature, Math.round) });

/** Thresholds are rounded down, so that what they were chosen by stays at or above them. */
function fitted(some) {
  const speakers = speakersOf(some);
  const unseen = speakers.flatMap((speaker) => {
    const [own, others] = parted(some, speaker);
    const scaling = scalingOf(others);
    return own.map((item) => {
      const scores = calibratedProbabilities(item.logits, labels, scaling);
      const predicted = indexOfLargest(item.logits);
      return { trueProbability: scores[item.truth], confidence: scores[predicted], isRight: predicted === item.truth };
    });
  });
  const abstainBelow = abstentionThreshold(unseen, RISK);
  return {
    ...scalingOf(some), coverage: COVERAGE, setThreshold: six(conformalThreshold(unseen.map(({ trueProbability }) => trueProbability), COVERAGE), Math.floor),
    ...(abstainBelow === null ? {} : { abstainBelow: six(abstainBelow, Math.floor), risk: RISK }), itemCount: some.length, speakerCount: speakers.length,
  };
}

const speakers = speakersOf(items);
const leftOut = speakers.flatMap((speaker) => {
  const [own, others] = parted(items, speaker);
  const calibration = fitted(others);
  return own.map((item) => seen(item, calibration));
});
const groups = [...new Set(items.map(({ group }) => group))].sort();
const calibration = fitted(items);
manifest.calibration = calibration;
writeFileSync(manifestFile, `${JSON.stringify(manifest, null, 2)}\n`);
process.stdout.write(`${[
  `calibration ${JSON.stringify(calibration)}`,
  `each of ${speakers.length} speakers left out of the fit:`,
  ...groups.map((group) => line(`  ${group}`, leftOut.filter((row) => row.group === group))),
  line('  all', leftOut),
].join('\n')}\n`);

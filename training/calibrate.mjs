// Fits the confidence, the prediction sets and the abstention of the exported model on speakers that no network was
// trained on, with the platform's own code, and writes them into the model's manifest. The label never changes.
//
//   npm run build && node training/calibrate.mjs HELD_OUT.json MODEL_FOLDER
//
// HELD_OUT.json comes from finish.py. Each speaker in turn is left out of the fit: the printed figures are theirs.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { fitCalibration } from '../dist/domain/fit-calibration.js';
import { metricsOfItems } from '../dist/domain/metrics.js';
import { calibratedProbabilities, indexOfLargest } from '../dist/domain/scores.js';

const OPTIONS = { coverage: 0.9, risk: 0.3, withBias: false };

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

const speakers = [...new Set(items.map(({ cluster }) => cluster))].sort();
const leftOut = speakers.flatMap((speaker) => {
  const calibration = fitCalibration(items.filter(({ cluster }) => cluster !== speaker), labels, OPTIONS);
  return items.filter(({ cluster }) => cluster === speaker).map((item) => seen(item, calibration));
});
const groups = [...new Set(items.map(({ group }) => group))].sort();
const calibration = fitCalibration(items, labels, OPTIONS);
manifest.calibration = calibration;
writeFileSync(manifestFile, `${JSON.stringify(manifest, null, 2)}\n`);
process.stdout.write(`${[
  `calibration ${JSON.stringify(calibration)}`,
  `each of ${speakers.length} speakers left out of the fit:`,
  ...groups.map((group) => line(`  ${group}`, leftOut.filter((row) => row.group === group))),
  line('  all', leftOut),
].join('\n')}\n`);

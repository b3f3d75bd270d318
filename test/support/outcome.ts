export { speechOutcome as anOutcome, speechPrediction as aPrediction, speechSegment as aSegment } from '../../src/plugins/testing-outcome.js';

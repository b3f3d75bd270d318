/**
 * Adds a warning when the model declined to say for more than a share of the judged speech, so that nobody reads a
 * summary that rests on a few seconds. A small example of an analysis step: no dependency, one setting.
 *
 * In the plugins file: [{ "use": "./examples/plugin-abstention-notice/index.mjs", "settings": { "share": 0.5 } }]
 */
export default function abstentionNotice(settings) {
  const share = settings?.share ?? 0.5;
  if (typeof share !== 'number' || !(share > 0 && share <= 1)) throw new TypeError('share must be above 0 and at most 1');
  return {
    name: 'abstention-notice',
    apiVersion: 1,
    register(host) {
      host.addStep({
        id: 'count-abstained',
        stage: 'afterPrediction',
        deadlineMs: 1000,
        onFailure: 'warning',
        async run(outcome) {
          const judged = outcome.segments.filter((segment) => segment.prediction !== null);
          const seconds = (segments) => segments.reduce((total, segment) => total + segment.speechSeconds, 0);
          const abstained = seconds(judged.filter((segment) => segment.prediction.abstained));
          const total = seconds(judged);
          if (total === 0 || abstained / total < share) return {};
          const percent = Math.round((abstained / total) * 100);
          return { warnings: [{ code: 'PLUGIN_MOSTLY_ABSTAINED', message: `The model declined to say for ${percent} % of the speech; the summary rests on the rest.` }] };
        },
      });
    },
  };
}

import type { ModelListing } from './cli-runtime.js';

/** How close an int8 model is to its float32 original. */
export function faithfulness({ quantization }: ModelListing): string {
  if (quantization == null) return '';
  const { argmaxAgreement, maxScoreDifference, embeddingCosine, clipCount } = quantization;
  return `; int8 against float32 on ${clipCount} clips: label the same in ${(100 * argmaxAgreement).toFixed(0)} %, scores within ${maxScoreDifference.toFixed(3)}, cosine ${embeddingCosine.toFixed(4)}`;
}

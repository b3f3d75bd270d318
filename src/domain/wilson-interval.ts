const Z_95 = 1.959964;

/** 95 % interval of a share by Wilson: stays within 0 and 1 and is honest for few cases, where the usual one is not. */
export function wilsonInterval(hits: number, total: number): { readonly low: number; readonly high: number } {
  if (total === 0) return { low: 0, high: 1 };
  const share = hits / total;
  const squared = Z_95 ** 2;
  const centre = (share + squared / (2 * total)) / (1 + squared / total);
  const margin = (Z_95 / (1 + squared / total)) * Math.sqrt((share * (1 - share)) / total + squared / (4 * total ** 2));
  return { low: Math.max(0, centre - margin), high: Math.min(1, centre + margin) };
}

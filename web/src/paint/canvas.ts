/** Sizes a canvas for the screen's pixel density and clears it; gives the context in CSS pixels, or null without one. */
export function prepareCanvas(canvas: HTMLCanvasElement, widthPx: number, heightPx: number): CanvasRenderingContext2D | null {
  const density = globalThis.devicePixelRatio || 1;
  canvas.width = Math.max(1, Math.round(widthPx * density));
  canvas.height = Math.max(1, Math.round(heightPx * density));
  canvas.style.width = `${widthPx}px`;
  canvas.style.height = `${heightPx}px`;
  const context = canvas.getContext('2d');
  context?.setTransform(density, 0, 0, density, 0, 0);
  context?.clearRect(0, 0, widthPx, heightPx);
  return context;
}

/** Slanted lines inside a rectangle: the sign for "not judged", readable without colour. */
export function hatch(context: CanvasRenderingContext2D, x: number, y: number, width: number, height: number, color: string): void {
  context.save();
  context.beginPath();
  context.rect(x, y, width, height);
  context.clip();
  context.strokeStyle = color;
  context.lineWidth = 1;
  context.beginPath();
  // Anchored to the canvas, not to the rectangle, so that neighbours meet without a seam.
  for (let start = Math.floor((x - height) / 6) * 6; start < x + width; start += 6) {
    context.moveTo(start, y + height);
    context.lineTo(start + height, y);
  }
  context.stroke();
  context.restore();
}

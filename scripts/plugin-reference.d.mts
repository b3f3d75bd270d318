export function pluginReference(text?: string): string;
export function withReference(page?: string): string;

export function setUp(): Promise<void>;
export function setUpOrExit(): Promise<void>;
export function satisfies(version: string, range: string): boolean;

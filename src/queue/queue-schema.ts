/** Where pg-boss keeps its tables, for the statements that it has no call for. */
export const QUEUE_SCHEMA = 'pgboss';
export const JOB = `${QUEUE_SCHEMA}.job`;
export const JOB_STATE = `${QUEUE_SCHEMA}.job_state`;
export const NOW = `${QUEUE_SCHEMA}.job_now()`;

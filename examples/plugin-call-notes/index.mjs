/**
 * Keeps a note for each recording in the plugin's own rows, offers it over GraphQL, and forgets it when the recording is
 * deleted. Shows settings, the store, GraphQL and a durable listener. No dependency: the settings are checked by hand.
 *
 * In the plugins file: [{ "use": "./examples/plugin-call-notes/index.mjs", "settings": { "maxLength": 500 } }]
 */
const settings = {
  safeParse(value) {
    const { maxLength = 500, ...rest } = value ?? {};
    const issues = Object.keys(rest).map((name) => ({ path: [name], message: 'there is no such setting; maxLength is the only one' }));
    if (!Number.isInteger(maxLength) || maxLength < 1 || maxLength > 10_000) issues.push({ path: ['maxLength'], message: 'must be a whole number from 1 to 10000' });
    return issues.length === 0 ? { success: true, data: { maxLength } } : { success: false, error: { issues } };
  },
};

function callNotes({ maxLength }) {
  return {
    name: 'call-notes',
    apiVersion: 1,
    version: '1.0.0',
    register({ store, addGraphql, listenDurably }) {
      addGraphql({
        typeDefs: `
          extend type Recording { "What was noted about it; null without a note." note: String }
          extend type Mutation { "Notes something about a recording; an empty text removes the note." noteRecording(id: ID!, text: String!): String }
        `,
        resolvers: {
          Recording: { note: { role: 'viewer', resolve: async (recording) => (await store.get(recording.workspaceId, recording.id)) ?? null } },
          Mutation: {
            noteRecording: {
              role: 'analyst',
              async resolve(_root, { id, text }, { principal }) {
                const note = text.trim().slice(0, maxLength);
                if (note === '') await store.delete(principal.workspaceId, id);
                else await store.set(principal.workspaceId, id, note);
                return note === '' ? null : note;
              },
            },
          },
        },
      });
      listenDurably('recording.deleted', { id: 'forget', deadlineMs: 10_000, run: async ({ workspaceId, recordingId }) => void (await store.delete(workspaceId, recordingId)) });
    },
  };
}

export default Object.assign(callNotes, { settings });

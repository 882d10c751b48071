/** Tools of 2026-07-28 that need more than they were given: the client asks again with what they asked for. */
import {
  acceptedContent,
  type CallToolResult,
  CLIENT_CAPABILITIES_META_KEY,
  type createRequestStateCodec,
  type InputRequests,
  type InputRequiredResult,
  inputRequired,
  type McpServer,
  type ServerContext,
} from '@modelcontextprotocol/server';
import { z } from 'zod';

export type StateCodec = ReturnType<typeof createRequestStateCodec<Record<string, unknown>>>;
type Round = CallToolResult | InputRequiredResult;

const said = (text: string): CallToolResult => ({ content: [{ type: 'text', text }] });
const form = (message: string, field: string, type: 'string' | 'boolean') => {
  const property = type === 'string' ? { type } : { type };
  return inputRequired.elicit({
    message,
    requestedSchema: { type: 'object', properties: { [field]: property }, required: [field] },
  });
};
const completion = (text: string) =>
  inputRequired.createMessage({ messages: [{ role: 'user', content: { type: 'text', text } }], maxTokens: 50 });

export function addRounds(server: McpServer, codec: StateCodec): void {
  const tool = (name: string, work: (context: ServerContext) => Round | Promise<Round>) =>
    server.registerTool(name, { description: `Works as ${name} does`, inputSchema: z.object({}) }, (_, context) =>
      work(context),
    );
  addSimple(tool);
  addStateful(tool, codec);
  server.registerPrompt(
    'test_input_required_result_prompt',
    { description: 'Asks before it is rendered' },
    (context) => {
      const given = acceptedContent<{ context: string }>(context.mcpReq.inputResponses, 'user_context')?.context;
      if (typeof given !== 'string')
        return inputRequired({ inputRequests: { user_context: form('What context?', 'context', 'string') } });
      return { messages: [{ role: 'user', content: { type: 'text', text: `Context: ${given}` } }] };
    },
  );
}

type AddTool = (name: string, work: (context: ServerContext) => Round | Promise<Round>) => unknown;

function addSimple(tool: AddTool): void {
  tool('test_missing_capability', ({ mcpReq }) =>
    mcpReq.inputResponses?.['llm_answer'] === undefined
      ? inputRequired({ inputRequests: { llm_answer: completion('Reply with the single word: pong') } })
      : said('done'),
  );
  tool('test_input_required_result_elicitation', ({ mcpReq }) => {
    const name = acceptedContent<{ name: string }>(mcpReq.inputResponses, 'user_name')?.name;
    if (typeof name === 'string') return said(`Hello, ${name}!`);
    return inputRequired({ inputRequests: { user_name: form('What is your name?', 'name', 'string') } });
  });
  tool('test_input_required_result_sampling', ({ mcpReq }) => {
    const answer = mcpReq.inputResponses?.['capital_question'];
    if (answer !== undefined) return said(`Sampling response: ${JSON.stringify(answer)}`);
    return inputRequired({ inputRequests: { capital_question: completion('What is the capital of France?') } });
  });
  tool('test_input_required_result_list_roots', ({ mcpReq }) => {
    const answer = mcpReq.inputResponses?.['client_roots'];
    if (answer !== undefined) return said(`Roots: ${JSON.stringify(answer)}`);
    return inputRequired({ inputRequests: { client_roots: inputRequired.listRoots() } });
  });
  tool('test_input_required_result_capabilities', ({ mcpReq }) => {
    if (mcpReq.inputResponses !== undefined) return said('all there');
    const envelope: Readonly<Record<string, unknown>> = mcpReq.envelope ?? {};
    const declared = envelope[CLIENT_CAPABILITIES_META_KEY] as Readonly<Record<string, unknown>> | undefined;
    const inputRequests: InputRequests = {
      ...(declared?.['elicitation'] === undefined ? {} : { user_name: form('What is your name?', 'name', 'string') }),
      ...(declared?.['sampling'] === undefined ? {} : { greeting: completion('Generate a short greeting') }),
      ...(declared?.['roots'] === undefined ? {} : { client_roots: inputRequired.listRoots() }),
    };
    return Object.keys(inputRequests).length === 0 ? said('nothing to ask with') : inputRequired({ inputRequests });
  });
}

function addStateful(tool: AddTool, codec: StateCodec): void {
  for (const name of ['request_state', 'tampered_state']) {
    tool(`test_input_required_result_${name}`, async ({ mcpReq }) => {
      if (mcpReq.requestState() !== undefined && acceptedContent(mcpReq.inputResponses, 'confirm') !== undefined) {
        return said('state-ok: the state is the one that was given out');
      }
      const requestState = await codec.mint({ tool: name });
      return inputRequired({ inputRequests: { confirm: form('Please confirm', 'ok', 'boolean') }, requestState });
    });
  }
  tool('test_input_required_result_multiple_inputs', async ({ mcpReq }) => {
    const { user_name: name, greeting, client_roots: roots } = mcpReq.inputResponses ?? {};
    if (name !== undefined && greeting !== undefined && roots !== undefined) return said('all three were given');
    return inputRequired({
      inputRequests: {
        user_name: form('What is your name?', 'name', 'string'),
        greeting: completion('Generate a greeting'),
        client_roots: inputRequired.listRoots(),
      },
      requestState: await codec.mint({ tool: 'multiple_inputs' }),
    });
  });
  tool('test_input_required_result_multi_round', async ({ mcpReq }) => {
    const round = Number(mcpReq.requestState<Record<string, unknown>>()?.['round'] ?? 0);
    if (round === 2) return said('Multi-round complete');
    const asked =
      round === 0
        ? form('Step 1: What is your name?', 'name', 'string')
        : form('Step 2: Which color?', 'color', 'string');
    const requestState = await codec.mint({ tool: 'multi_round', round: round + 1 });
    return inputRequired({ inputRequests: { [`step${round + 1}`]: asked }, requestState });
  });
}

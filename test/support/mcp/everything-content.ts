/** What the conformance suite reads from a server, by the names that its scenarios have for it: content that never changes. */
import { type McpServer, ResourceTemplate } from '@modelcontextprotocol/server';
import { z } from 'zod';

/** One red pixel. */
const IMAGE = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg==';
/** A header of WAV, and no sound. */
const AUDIO = 'UklGRiYAAABXQVZFZm10IBAAAAABAAEAQB8AAAB9AAACABAAZGF0YQIAAAA=';

const text = (words: string) => ({ type: 'text' as const, text: words });
const image = { type: 'image' as const, data: IMAGE, mimeType: 'image/png' };
const embedded = (uri: string, mimeType: string, words: string) => ({
  type: 'resource' as const,
  resource: { uri, mimeType, text: words },
});

const TOOLS = {
  test_simple_text: [text('This is a simple text response for testing.')],
  test_image_content: [image],
  test_audio_content: [{ type: 'audio' as const, data: AUDIO, mimeType: 'audio/wav' }],
  test_embedded_resource: [embedded('test://embedded-resource', 'text/plain', 'This is an embedded resource content.')],
  test_multiple_content_types: [
    text('Multiple content types test:'),
    image,
    embedded('test://mixed-content-resource', 'application/json', '{"test":"data","value":123}'),
  ],
  test_streaming_elicitation: [text('results alone')],
};

export function addContent(server: McpServer): void {
  for (const [name, content] of Object.entries(TOOLS)) {
    server.registerTool(name, { description: `Answers as ${name} does` }, () => ({ content }));
  }
  addResources(server);
  addPrompts(server);
}

function addResources(server: McpServer): void {
  const contents = {
    'static-text': { mimeType: 'text/plain', text: 'This is the content of the static text resource.' },
    'static-binary': { mimeType: 'image/png', blob: IMAGE },
    'watched-resource': { mimeType: 'text/plain', text: 'Watched resource content' },
  };
  for (const [name, content] of Object.entries(contents)) {
    const uri = `test://${name}`;
    const about = { title: name, description: `The resource ${name}`, mimeType: content.mimeType };
    server.registerResource(name, uri, about, () => ({ contents: [{ uri, ...content }] }));
  }
  const template = new ResourceTemplate('test://template/{id}/data', { list: undefined });
  const about = { title: 'A template', description: 'Says what its id is', mimeType: 'application/json' };
  server.registerResource('template', template, about, (uri, { id }) => ({
    contents: [
      {
        uri: String(uri),
        mimeType: 'application/json',
        text: JSON.stringify({ id, templateTest: true, data: `Data for ID: ${String(id)}` }),
      },
    ],
  }));
}

function addPrompts(server: McpServer): void {
  const user = <Content>(content: Content) => ({ role: 'user' as const, content });
  server.registerPrompt('test_simple_prompt', { description: 'A prompt without arguments' }, () => ({
    messages: [user(text('This is a simple prompt for testing.'))],
  }));
  const two = z.object({ arg1: z.string().describe('The first'), arg2: z.string().describe('The second') });
  server.registerPrompt(
    'test_prompt_with_arguments',
    { description: 'A prompt with two arguments', argsSchema: two },
    ({ arg1, arg2 }) => ({ messages: [user(text(`Prompt with arguments: arg1='${arg1}', arg2='${arg2}'`))] }),
  );
  server.registerPrompt(
    'test_prompt_with_embedded_resource',
    { description: 'A prompt that holds a resource', argsSchema: z.object({ resourceUri: z.string() }) },
    ({ resourceUri }) => ({
      messages: [
        user(embedded(resourceUri, 'text/plain', 'Embedded resource content for testing.')),
        user(text('Please process the embedded resource above.')),
      ],
    }),
  );
  server.registerPrompt('test_prompt_with_image', { description: 'A prompt that holds an image' }, () => ({
    messages: [user(image), user(text('Please analyze the image above.'))],
  }));
}

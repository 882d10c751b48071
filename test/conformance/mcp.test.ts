import { defineConformance } from './conformance.ts';
import { mcp } from './mcp.ts';

defineConformance(mcp(false));
defineConformance(mcp(true));

#!/usr/bin/env node
import { run } from './program.ts'

// On Node 20 the SDK announces its plans for 2027 on stderr, which is for what concerns the user now.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true'

process.exitCode = await run(process.argv.slice(2))

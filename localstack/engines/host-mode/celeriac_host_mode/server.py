"""LocalStack's web server, bound to the addresses of GATEWAY_LISTEN and to nothing else.

The server that LocalStack brings listens on every interface whatever GATEWAY_LISTEN says, and one whose port is taken
says "Ready." and serves nothing. This one binds the given address and ends the process when it cannot.
"""

import os
import sys

from localstack.runtime.server.core import RuntimeServerPlugin


class LoopbackServerPlugin(RuntimeServerPlugin):
    name = "loopback"

    def load(self, *args, **kwargs):
        from localstack.runtime.server.twisted import TwistedRuntimeServer
        from rolo.serving.twisted import TwistedGateway
        from twisted.internet import endpoints, reactor

        class LoopbackServer(TwistedRuntimeServer):
            def register(self, gateway, listen, ssl_creds=None):
                site = TwistedGateway(gateway)
                for address in listen:
                    endpoint = endpoints.TCP4ServerEndpoint(reactor, address.port, interface=address.host)
                    endpoint.listen(site).addErrback(_exit_because_of)

        return LoopbackServer()


def _exit_because_of(failure):
    sys.stderr.write(f"The gateway cannot listen: {failure.getErrorMessage()}\n")
    sys.stderr.flush()
    os._exit(1)

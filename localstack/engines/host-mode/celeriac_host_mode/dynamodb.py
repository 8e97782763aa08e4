"""DynamoDB Local from a folder on this machine instead of a download.

CELERIAC_DYNAMODB_LOCAL  the folder that holds DynamoDBLocal.jar and DynamoDBLocal_lib
CELERIAC_JAVA_HOME       a Java 17 or newer

LocalStack starts the jar with an agent of its own that lifts the limit of 20 secondary indexes a table. The agent is
another download, and nothing here has 20 indexes, so the jar starts without it.
"""

import os

from localstack.runtime.hooks import on_infra_start


@on_infra_start()
def use_installed_dynamodb_local():
    folder = os.environ.get("CELERIAC_DYNAMODB_LOCAL")
    java_home = os.environ.get("CELERIAC_JAVA_HOME")
    if not folder or not java_home:
        return

    from localstack.services.dynamodb.packages import DynamoDBLocalPackageInstaller, dynamodblocal_package
    from localstack.services.dynamodb.server import DynamodbServer

    class InstalledDynamoDBLocal(DynamoDBLocalPackageInstaller):
        def install(self, target=None):
            """There already."""

        def get_installed_dir(self):
            return folder

        def get_java_env_vars(self):
            return {"JAVA_HOME": java_home, "PATH": f"{java_home}/bin:{os.environ['PATH']}"}

    installer = InstalledDynamoDBLocal()
    dynamodblocal_package.get_installer = lambda version=None: installer

    with_agent = DynamodbServer._create_shell_command

    def without_agent(self):
        return [argument for argument in with_agent(self) if not argument.startswith("-javaagent:")]

    DynamodbServer._create_shell_command = without_agent

"""What LocalStack 4.14 needs to run without Docker. One module per plugin:

executor  Lambda functions as local Node processes    LAMBDA_RUNTIME_EXECUTOR=process
server    the gateway on the loopback interface only  GATEWAY_SERVER=loopback
dynamodb  AWS's DynamoDB Local from a folder          CELERIAC_DYNAMODB_LOCAL, CELERIAC_JAVA_HOME
"""

"""The local SQS server as boto3 sees it. Usage: check.py ENDPOINT"""

import hashlib
import json
import sys
import threading
import time

import boto3
from botocore.exceptions import ClientError

sqs = boto3.client(
    "sqs",
    endpoint_url=sys.argv[1],
    region_name="us-east-1",
    aws_access_key_id="test",
    aws_secret_access_key="test",
)


def refused(code, action, **request):
    try:
        getattr(sqs, action)(**request)
    except ClientError as error:
        assert error.response["Error"]["Code"] == code, (error.response["Error"], code)
        return error
    raise AssertionError(f"{action} was expected to be refused with {code}")


url = sqs.create_queue(QueueName="python", tags={"a": "b"})["QueueUrl"]
assert sqs.get_queue_url(QueueName="python")["QueueUrl"] == url
assert sqs.list_queue_tags(QueueUrl=url)["Tags"] == {"a": "b"}
assert sqs.receive_message(QueueUrl=url).get("Messages") is None

# Strings, numbers and bytes; boto3 checks the MD5 of the body itself.
body = "grüße 🚀"
sent = sqs.send_message(
    QueueUrl=url,
    MessageBody=body,
    MessageAttributes={
        "text": {"DataType": "String", "StringValue": "x"},
        "number": {"DataType": "Number", "StringValue": "1.5"},
        "bytes": {"DataType": "Binary", "BinaryValue": b"\x00\xff"},
    },
    MessageSystemAttributes={
        "AWSTraceHeader": {"DataType": "String", "StringValue": "Root=1-5759e988-bd862e3fe1be46a994272793"}
    },
)
assert sent["MD5OfMessageBody"] == hashlib.md5(body.encode()).hexdigest()
message = sqs.receive_message(
    QueueUrl=url, MessageAttributeNames=["All"], MessageSystemAttributeNames=["All"]
)["Messages"][0]
assert message["Body"] == body and message["MessageId"] == sent["MessageId"]
assert message["MessageAttributes"]["bytes"]["BinaryValue"] == b"\x00\xff"
assert message["MD5OfMessageAttributes"] == sent["MD5OfMessageAttributes"]
assert message["Attributes"]["AWSTraceHeader"].startswith("Root=1-")
sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0)
message = sqs.receive_message(QueueUrl=url)["Messages"][0]
sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])

# A batch in which one entry fails.
result = sqs.send_message_batch(
    QueueUrl=url,
    Entries=[{"Id": "good", "MessageBody": "x"}, {"Id": "bad", "MessageBody": "x", "DelaySeconds": 901}],
)
assert [entry["Id"] for entry in result["Successful"]] == ["good"]
assert result["Failed"][0]["Code"] == "InvalidParameterValue" and result["Failed"][0]["SenderFault"] is True

# Errors by the codes that boto3 has always given, and by class.
refused("AWS.SimpleQueueService.NonExistentQueue", "send_message", QueueUrl=url + "x", MessageBody="x")
refused("QueueAlreadyExists", "create_queue", QueueName="python", Attributes={"DelaySeconds": "5"})
refused("InvalidParameterValue", "send_message", QueueUrl=url, MessageBody="x", DelaySeconds=901)
refused("ReceiptHandleIsInvalid", "delete_message", QueueUrl=url, ReceiptHandle="x")
refused("AWS.SimpleQueueService.EmptyBatchRequest", "send_message_batch", QueueUrl=url, Entries=[])
refused("InvalidAttributeValue", "set_queue_attributes", QueueUrl=url, Attributes={"DelaySeconds": "901"})
try:
    sqs.get_queue_url(QueueName="none")
    raise AssertionError("an unknown queue was expected to be refused")
except sqs.exceptions.QueueDoesNotExist:
    pass

# A long poll that a message ends.
idle = sqs.create_queue(QueueName="python-idle")["QueueUrl"]
threading.Timer(0.3, lambda: sqs.send_message(QueueUrl=idle, MessageBody="here")).start()
begun = time.time()
assert sqs.receive_message(QueueUrl=idle, WaitTimeSeconds=10)["Messages"][0]["Body"] == "here"
assert time.time() - begun < 5

# FIFO, through the resource interface.
fifo = boto3.resource(
    "sqs",
    endpoint_url=sys.argv[1],
    region_name="us-east-1",
    aws_access_key_id="test",
    aws_secret_access_key="test",
).create_queue(QueueName="python.fifo", Attributes={"FifoQueue": "true", "ContentBasedDeduplication": "true"})
for text in ["a", "b", "a"]:
    fifo.send_message(MessageBody=text, MessageGroupId="g")
assert [one.body for one in fifo.receive_messages(MaxNumberOfMessages=10)] == ["a", "b"]

# Dead letters and the way back.
dead = sqs.create_queue(QueueName="python-dead")["QueueUrl"]
arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
policy = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 1})
source = sqs.create_queue(
    QueueName="python-source", Attributes={"RedrivePolicy": policy, "VisibilityTimeout": "0"}
)["QueueUrl"]
sqs.send_message(QueueUrl=source, MessageBody="poison")
assert sqs.receive_message(QueueUrl=source)["Messages"]
assert "Messages" not in sqs.receive_message(QueueUrl=source)
assert sqs.list_dead_letter_source_queues(QueueUrl=dead)["queueUrls"] == [source]
sqs.start_message_move_task(SourceArn=arn)
assert sqs.receive_message(QueueUrl=source, WaitTimeSeconds=5)["Messages"][0]["Body"] == "poison"
assert sqs.list_message_move_tasks(SourceArn=arn)["Results"][0]["ApproximateNumberOfMessagesMoved"] == 1

# Pages.
pages = sqs.get_paginator("list_queues").paginate(QueueNamePrefix="python", PaginationConfig={"PageSize": 2})
assert sum(len(page["QueueUrls"]) for page in pages) == 5
print(f"boto3 {boto3.__version__}: all checks passed")

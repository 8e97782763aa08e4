import java.net.URI;
import java.util.List;
import java.util.Map;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.sqs.SqsClient;
import software.amazon.awssdk.services.sqs.model.*;

/** The local SQS server as the AWS SDK for Java 2 sees it. It checks the MD5 of bodies and attributes itself. */
public class Check {
  static void require(boolean condition, String what) {
    if (!condition) throw new AssertionError(what);
  }

  static void refused(String code, Runnable action) {
    try {
      action.run();
    } catch (SqsException error) {
      require(code.equals(error.awsErrorDetails().errorCode()), error.awsErrorDetails().errorCode() + " is not " + code);
      return;
    }
    throw new AssertionError("a refusal was expected: " + code);
  }

  public static void main(String[] args) {
    try (SqsClient sqs =
        SqsClient.builder()
            .endpointOverride(URI.create(args[0]))
            .region(Region.US_EAST_1)
            .credentialsProvider(StaticCredentialsProvider.create(AwsBasicCredentials.create("test", "test")))
            .build()) {
      String url = sqs.createQueue(r -> r.queueName("java").tags(Map.of("a", "b"))).queueUrl();
      require(sqs.getQueueUrl(r -> r.queueName("java")).queueUrl().equals(url), "queue URL");
      require(sqs.receiveMessage(r -> r.queueUrl(url)).messages().isEmpty(), "an empty queue gives an empty list");

      Map<String, MessageAttributeValue> attributes =
          Map.of(
              "text", MessageAttributeValue.builder().dataType("String").stringValue("x").build(),
              "number", MessageAttributeValue.builder().dataType("Number").stringValue("1.5").build(),
              "bytes",
                  MessageAttributeValue.builder()
                      .dataType("Binary")
                      .binaryValue(SdkBytes.fromByteArray(new byte[] {0, (byte) 255}))
                      .build());
      sqs.sendMessage(r -> r.queueUrl(url).messageBody("grüße 🚀").messageAttributes(attributes));
      Message message =
          sqs.receiveMessage(
                  r ->
                      r.queueUrl(url)
                          .messageAttributeNames("All")
                          .messageSystemAttributeNames(MessageSystemAttributeName.ALL))
              .messages()
              .get(0);
      require(message.body().equals("grüße 🚀"), "body");
      require(message.messageAttributes().equals(attributes), "attributes");
      require(message.attributes().get(MessageSystemAttributeName.APPROXIMATE_RECEIVE_COUNT).equals("1"), "count");
      sqs.changeMessageVisibility(r -> r.queueUrl(url).receiptHandle(message.receiptHandle()).visibilityTimeout(0));
      String handle = sqs.receiveMessage(r -> r.queueUrl(url)).messages().get(0).receiptHandle();
      sqs.deleteMessage(r -> r.queueUrl(url).receiptHandle(handle));

      SendMessageBatchResponse batch =
          sqs.sendMessageBatch(
              r ->
                  r.queueUrl(url)
                      .entries(
                          SendMessageBatchRequestEntry.builder().id("good").messageBody("x").build(),
                          SendMessageBatchRequestEntry.builder().id("bad").messageBody("x").delaySeconds(901).build()));
      require(batch.successful().size() == 1 && batch.failed().get(0).senderFault(), "batch");
      require(batch.failed().get(0).code().equals("InvalidParameterValue"), "code of the failed entry");

      try {
        sqs.sendMessage(r -> r.queueUrl(url + "x").messageBody("x"));
        throw new AssertionError("an unknown queue was expected to be refused");
      } catch (QueueDoesNotExistException expected) {
        require(expected.statusCode() == 400, "status");
      }
      refused("AWS.SimpleQueueService.NonExistentQueue", () -> sqs.getQueueUrl(r -> r.queueName("none")));
      refused("InvalidParameterValue", () -> sqs.sendMessage(r -> r.queueUrl(url).messageBody("x").delaySeconds(901)));
      refused("ReceiptHandleIsInvalid", () -> sqs.deleteMessage(r -> r.queueUrl(url).receiptHandle("x")));

      Map<QueueAttributeName, String> fifoAttributes = Map.of(QueueAttributeName.FIFO_QUEUE, "true");
      String fifo = sqs.createQueue(r -> r.queueName("java.fifo").attributes(fifoAttributes)).queueUrl();
      for (String text : List.of("a", "b", "a")) {
        String sequence =
            sqs.sendMessage(
                    r -> r.queueUrl(fifo).messageBody(text).messageGroupId("g").messageDeduplicationId(text))
                .sequenceNumber();
        require(sequence.length() == 20, "sequence number");
      }
      List<Message> ordered = sqs.receiveMessage(r -> r.queueUrl(fifo).maxNumberOfMessages(10)).messages();
      require(ordered.stream().map(Message::body).toList().equals(List.of("a", "b")), "FIFO order");

      long begun = System.currentTimeMillis();
      String idle = sqs.createQueue(r -> r.queueName("java-idle")).queueUrl();
      require(sqs.receiveMessage(r -> r.queueUrl(idle).waitTimeSeconds(1)).messages().isEmpty(), "long poll");
      require(System.currentTimeMillis() - begun >= 900, "a long poll waits");
      long queues = sqs.listQueuesPaginator(r -> r.queueNamePrefix("java").maxResults(2)).queueUrls().stream().count();
      require(queues == 3, "pages");
      System.out.println("AWS SDK for Java 2: all checks passed");
    }
  }
}

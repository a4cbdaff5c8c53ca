# account.py - prepares moto for a test: an account's user whose key may use
# EC2 and nothing else, and from now on moto checks signatures. Prints the key's
# id, its secret and a subnet. Argument: moto's URL.
import json
import sys
import urllib.request

import boto3

url = sys.argv[1]


def client(service):
    return boto3.client(service, endpoint_url=url, region_name="us-east-1",
                        aws_access_key_id="any", aws_secret_access_key="any")


iam = client("iam")
iam.create_user(UserName="hostq")
iam.put_user_policy(UserName="hostq", PolicyName="ec2", PolicyDocument=json.dumps({
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "ec2:*", "Resource": "*"}]}))
key = iam.create_access_key(UserName="hostq")["AccessKey"]
subnet = client("ec2").describe_subnets()["Subnets"][0]["SubnetId"]
urllib.request.urlopen(urllib.request.Request(
    url + "/moto-api/reset-auth", b"0", {"Content-Type": "text/plain"})).close()
print(key["AccessKeyId"], key["SecretAccessKey"], subnet)

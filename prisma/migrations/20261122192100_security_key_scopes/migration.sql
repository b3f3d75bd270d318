-- Keys with fewer scopes than their role, from some networks only, and with a second secret while they are rotated.

-- AlterTable
ALTER TABLE "ApiKey" ADD COLUMN "scopes" TEXT[] DEFAULT ARRAY[]::TEXT[],
ADD COLUMN "allowedNetworks" TEXT[] DEFAULT ARRAY[]::TEXT[],
ADD COLUMN "previousHash" BYTEA,
ADD COLUMN "previousSecretUntil" TIMESTAMPTZ(3);

-- CreateIndex
CREATE UNIQUE INDEX "ApiKey_previousHash_key" ON "ApiKey"("previousHash");

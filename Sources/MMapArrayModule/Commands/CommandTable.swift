import ServerModule

/// All commands.
enum CommandTable {
  private static var commands: [any Command.Type] {
    [
      MapFile.self,
      GetElement.self, GetElements.self, SetElements.self, AddElements.self, PopElement.self, IncrementElements.self,
      ReadRange.self, ReadAll.self, ReadPacked.self, WritePacked.self, AppendPacked.self,
      ReadRows.self, ReadSlice.self,
      ResizeArray.self, ClearArray.self, FillRange.self,
      AggregateRange.self, FindElements.self, SearchSorted.self, FindNearestRows.self,
      DivideIntoBuckets.self, DownsampleRange.self, ComputeQuantiles.self, CountInBins.self,
      CountElements.self, NameType.self, NamePath.self, DescribeArray.self, Synchronize.self, ReloadArray.self,
      // What a primary sends.
      BindArray.self, ApplyChange.self, NameArray.self,
      BeginContents.self, BackfillPiece.self, CompleteContents.self, WithdrawContents.self,
      RefillRange.self, GuardPayload.self,
    ]
  }

  static func register(_ context: Context) throws(LoadError) {
    try context.create(commands.map { $0.description }, category: BindingType.name)
  }
}

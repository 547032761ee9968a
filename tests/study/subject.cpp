// From a request to what an experiment is about: data or a model, its posterior, its identity, and what is refused.
#include "denoiscope/study/subject.hpp"

#include <gtest/gtest.h>

#include "denoiscope/data/write.hpp"
#include "tests/data/files.hpp"

namespace denoiscope {
namespace {

using testing::Folder;
using testing::has;
using testing::refusal;

const std::vector<Parameter>& table() {
  static const std::vector<Parameter> all =
      joined({kDataParameters, kTestParameters, kArithmeticParameters, kModelParameters, kSeedParameters});
  return all;
}

using Given = std::vector<std::pair<std::string, std::string>>;

Request request_of(const Given& given) {
  Request request(table());
  for (const auto& [name, typed] : given) request.set(name, typed, flag_of(name));
  return request;
}

class SubjectOfData : public ::testing::Test {
 protected:
  SubjectOfData() : rows(6, 2) {
    for (Index i = 0; i < rows.size(); ++i) rows.data()[i] = 0.5 * static_cast<double>(i);
    data::write_npy(folder.path("x.npy"), rows);
    data::write_npy(folder.path("y.npy"), std::vector<long long>{0, 1, 0, 1, 0, 1});
  }
  Subject subject(Given given, Needs needs = Needs::data) const {
    given.insert(given.begin(), {"data", folder.path("x.npy")});
    return {request_of(given), needs};
  }
  Folder folder;
  RowMatrix rows;
};

TEST_F(SubjectOfData, IsTheEmpiricalMeasure) {
  const Subject about = subject({{"labels", folder.path("y.npy")}, {"seed", "7"}}, Needs::classes);
  EXPECT_FALSE(about.of_model());
  EXPECT_EQ(about.name(), folder.path("x.npy"));
  EXPECT_EQ(about.data().rows(), 6);
  EXPECT_EQ(about.posterior()->dimension(), 2);
  EXPECT_EQ(about.posterior()->classes(), 2);
  EXPECT_EQ(about.posterior(), about.posterior()) << "made once";
  EXPECT_EQ(about.noise().permutation(50, Order::rows), Noise(7).permutation(50, Order::rows));
  // At small noise the posterior's mean at a datum is that datum.
  RowMatrix mean(6, 2);
  about.posterior()->denoise(1e-4, rows, mean);
  EXPECT_LT((mean - rows).cwiseAbs().maxCoeff(), 1e-3);
  EXPECT_TRUE(has(refusal<UsageError>([&] { static_cast<void>(about.model()); }), {"x.npy", "is a data set"}));
}

TEST_F(SubjectOfData, IsKnownByItsContent) {
  const Record plain = subject({}).identity();
  EXPECT_EQ(plain["data"], folder.path("x.npy"));
  EXPECT_EQ(plain["data_sha256"].text().size(), 64u);
  EXPECT_EQ(subject({}).identity(), plain);
  EXPECT_EQ(subject({{"seed", "9"}}).identity(), plain) << "the seed is of the request";
  const Record labelled = subject({{"labels", folder.path("y.npy")}}).identity();
  EXPECT_EQ(labelled["data_sha256"], plain["data_sha256"]);
  EXPECT_NE(labelled["labels_sha256"], plain["labels_sha256"]);
  EXPECT_NE(subject({{"rows", "3"}}).identity()["data_sha256"], plain["data_sha256"]);
  RowMatrix other = rows;
  other(2, 1) += 1e-9;
  data::write_npy(folder.path("other.npy"), other);
  const Subject moved(request_of({{"data", folder.path("other.npy")}}), Needs::data);
  EXPECT_NE(moved.identity()["data_sha256"], plain["data_sha256"]);
}

TEST_F(SubjectOfData, SaysWhatIsMissing) {
  EXPECT_TRUE(has(refusal<DataError>([&] { subject({}, Needs::classes); }), {"x.npy", "no class labels", "--labels"}));
  EXPECT_TRUE(has(refusal<DataError>([&] { subject({}, Needs::labels); }), {"no class labels"}));
  EXPECT_EQ(subject({}, Needs::posterior).posterior()->dimension(), 2) << "needs none";
  EXPECT_TRUE(has(refusal<UsageError>([&] { subject({{"rows", "7"}}); }), {"rows: 7", "6"}));
  EXPECT_TRUE(has(refusal<UsageError>([&] { subject({{"parameters", "d=3"}}); }), {"for models only", "data"}));
}

TEST(SubjectOfModel, IsTheModelsPosterior) {
  const Subject about(request_of({{"model", "gaussian-mixture"}, {"parameters", " d=4  mu2=9 "}}), Needs::classes);
  EXPECT_TRUE(about.of_model());
  EXPECT_EQ(about.name(), "gaussian-mixture d=4 mu2=9 variance=1 weight=0.5");
  EXPECT_EQ(about.posterior()->dimension(), 4);
  EXPECT_EQ(about.posterior()->classes(), 2);
  EXPECT_EQ(about.identity()["model"], about.name());
  EXPECT_TRUE(has(refusal<UsageError>([&] { static_cast<void>(about.data()); }), {"--model", "is a model"}));
}

TEST(SubjectOfModel, SaysWhatIsWrong) {
  const auto refused = [](const Given& given) {
    return refusal<UsageError>([&] { Subject(request_of(given), Needs::posterior); });
  };
  EXPECT_TRUE(has(refused({{"model", "gausian"}}), {"gausian", "Did you mean 'gaussian'?"}));
  EXPECT_TRUE(has(refused({{"model", "gaussian"}}), {"gaussian", "d"}));
  EXPECT_TRUE(has(refused({{"model", "gaussian"}, {"parameters", "d=3"}, {"labels", "y.npy"}}),
                  {"--labels", "for data only", "model gaussian"}));
}

}  // namespace
}  // namespace denoiscope
